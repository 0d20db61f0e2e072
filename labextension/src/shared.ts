/**
 * The live events for whatever else is drawn on this page: a widget in a cell hears them from here, and opens no
 * WebSocket of its own.
 */

import { followTrouble, labSide } from './source';
import type { JobStream } from './stream';
import type { ItemView, Source } from './view';

/** Where widgets find them. The number grows with the meaning: a kernel may have another version of jobs_ext. */
export const SHARED = Symbol.for('jobs-ext.events.1');

/** What `jobs_ext/widgets/card.js` relies on. */
export interface SharedEvents {
  /**
   * Tells how a job or batch of the server with this fingerprint stands, now and at each change, or that it is
   * unknown there; returns what ends that.
   */
  watch: (item: Pick<ItemView, 'kind' | 'id'>, server: string, tell: (view: ItemView) => void, gone: () => void) => () => void;
  /** Tells what becomes of any job; returns what ends that. */
  changes: Required<Source>['changes'];
  trouble: Required<Source>['trouble'];
}

/** Offers the events of a stream to the page, which connects when somebody listens. */
export function share(stream: JobStream): void {
  const { changes } = labSide(stream);
  const shared: SharedEvents = {
    watch: ({ kind, id }, server, tell, gone) =>
      stream.watch({ kind, id }, server, news => (typeof news === 'object' ? tell(news) : news === 'unknown' && gone())),
    changes: listener => {
      stream.start();
      return changes(listener);
    },
    trouble: tell => followTrouble(stream, tell)
  };
  Object.defineProperty(window, SHARED, { value: shared, configurable: true });
}
