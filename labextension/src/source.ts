/** A live source for the view: what the buttons, logs and links of a card do on this server. */

import { Notification } from '@jupyterlab/apputils';
import type { Api } from './api';
import type { ItemView, Source } from './view';

/** Returns the part of a `Source` that every live drawing shares. */
export function serverSide(api: Api): Required<Pick<Source, 'act' | 'log' | 'href'>> {
  return {
    act: (action, view) => act(api, action, view),
    log: (id, stream, offset) => api.log(id, stream, offset),
    href: (id, output) => api.outputUrl(id, output)
  };
}

async function act(api: Api, action: string, view: ItemView): Promise<void> {
  if (action === 'cancel') {
    await api.cancel(view);
  } else if (action === 'rerun' && view.kind === 'job') {
    await api.rerun(view.id);
    Notification.info(`${view.title} was submitted again.`, { autoClose: 4000 });
  }
}
