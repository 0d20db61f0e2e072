/**
 * The one view of jobs: draws a job, a batch or a list of them into an element, and keeps it
 * true. It knows nothing of JupyterLab, kernels or servers: a `Source` brings the data and
 * carries out what the buttons ask for. Bundled alone it is also the face of the widgets.
 */

import { BatchCard, JobCard } from './view/cards';
import { h, setLine } from './view/dom';
import { JobList } from './view/list';
import type { Part, Source, View } from './view/model';
import { ensureStyle } from './view/style';
import { JobTable } from './view/table-of-jobs';

export type * from './view/model';
export { followNetwork, troubleOf } from './view/trouble';
export { Refusal, serverSide, type Wire } from './view/wire';

export interface Mounted {
  /** Draws a newer view. */
  update(view: View): void;
  /** Puts another line above it; the drawing stays, with what is open in it. */
  relabel(text: string): void;
  /** Takes the drawing away and ends what it had running. */
  dispose(): void;
}

/** Draws `source` into `element` and follows it until disposed. */
export function mount(element: HTMLElement, source: Source): Mounted {
  ensureStyle(element);
  const root = h('div', source.act ? 'jx-view' : 'jx-view jx-still'); // nothing moves in a mere snapshot
  const label = h('p', 'jx-label');
  const relabel = (text: string): void => {
    setLine(label, text);
    label.classList.toggle('jx-warning', source.act !== undefined && text !== '');
  };
  relabel(source.label ?? '');
  const trouble = h('p', 'jx-trouble');
  trouble.setAttribute('role', 'status');
  setLine(trouble, '');
  root.append(label, trouble);
  element.append(root);
  let drawn = draw(source.snapshot, source);
  root.append(drawn.part.node);
  const update = (view: View): void => {
    if (view.kind === drawn.kind) {
      drawn.part.update(view);
      return;
    }
    drawn.part.dispose();
    drawn = draw(view, source);
    root.append(drawn.part.node);
  };
  const unsubscribe = source.subscribe(update);
  const reassure = source.trouble?.(why => {
    root.classList.toggle('jx-away', why !== null);
    setLine(trouble, why ?? '');
  });
  const dispose = (): void => {
    unsubscribe();
    reassure?.();
    drawn.part.dispose();
    root.remove();
  };
  return { update, relabel, dispose };
}

function draw(view: View, source: Source): { kind: View['kind']; part: Part<View> } {
  return { kind: view.kind, part: part(view, source) };
}

function part(view: View, source: Source): Part<View> {
  switch (view.kind) {
    case 'job':
      return new JobCard(view, source);
    case 'batch':
      return new BatchCard(view, source);
    case 'jobs':
      return source.table && source.wire ? table(new JobTable(source, source.wire, null)) : new JobList(view, source);
  }
}

/** A table hears of changes by itself. */
function table(all: JobTable): Part<View> {
  return { node: all.node, update: () => undefined, dispose: () => all.dispose() };
}
