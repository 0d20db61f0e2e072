/** A live source for the view: what the buttons, logs and links of a card do in JupyterLab. */

import { Notification } from '@jupyterlab/apputils';
import type { Api } from './api';
import { serverSide, type Source } from './view';

/** Returns the part of a `Source` that every live drawing shares. */
export function labSide(api: Api): Required<Pick<Source, 'act' | 'log' | 'href' | 'wire'>> {
  const side = serverSide(api);
  return {
    ...side,
    act: async (action, view) => {
      await side.act(action, view);
      if (action === 'rerun') {
        Notification.info(`${view.title} was submitted again.`, { autoClose: 4000 });
      }
    }
  };
}
