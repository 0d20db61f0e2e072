/** A live source for the view: what the buttons, logs and links of a card do in JupyterLab. */

import { Notification } from '@jupyterlab/apputils';
import type { Change, JobStream } from './stream';
import { serverSide, type Source } from './view';

/** What `Source.trouble` does, by a stream. */
export function followTrouble(stream: JobStream, tell: (why: string | null) => void): () => void {
  const hear = (): void => tell(stream.trouble);
  stream.healthChanged.connect(hear);
  hear();
  return () => void stream.healthChanged.disconnect(hear);
}

/** Returns the part of a `Source` that every live drawing shares. */
export function labSide(stream: JobStream): Required<Pick<Source, 'act' | 'log' | 'href' | 'wire' | 'changes'>> {
  const side = serverSide(stream.api);
  return {
    ...side,
    changes: listener => {
      const tell = (_: JobStream, { items, deleted, snapshot: gap }: Change): void =>
        listener({ jobs: items.filter(item => item.kind === 'job'), deleted, gap });
      stream.changed.connect(tell);
      return () => stream.changed.disconnect(tell);
    },
    act: async (action, view) => {
      await side.act(action, view);
      if (action === 'rerun') {
        Notification.info(`${view.title} was submitted again.`, { autoClose: 4000 });
      }
    }
  };
}
