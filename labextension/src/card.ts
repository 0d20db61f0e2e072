/** A live card: a snapshot at once, then the truth from the server that made it. */

import type { Health, JobStream, News } from './stream';
import { isFinal, itemsOf, type Bundle } from './snapshot';
import { followTrouble, labSide } from './source';
import { mount, type ItemView, type Mounted, type Named, type Source, type View } from './view';

type Mode = 'snapshot' | 'live' | 'elsewhere' | 'unknown' | 'missing';

const LABELS: Record<Mode, string> = {
  snapshot: '',
  live: '',
  elsewhere: 'Ran elsewhere: this is how it stood when the notebook was saved.',
  unknown: 'This server no longer has it: this is its last known state.',
  missing: 'The jobs_ext server extension is not running here: this is the last known state.'
};

export interface CardOptions {
  /** Draws the log opened. */
  logOpen?: boolean;
  /** Shows one item of a list by itself. */
  open?: (view: Named) => void;
  /** Called whenever the view has changed by news from the server. */
  onNews?: (view: View) => void;
}

/**
 * Draws a bundle into an element. Until the server has vouched for it, and for ever when it ran
 * elsewhere, the card is a picture: it offers nothing.
 */
export class LiveCard {
  private mounted: Mounted | null = null;
  private mode: Mode = 'snapshot';
  private view: View;
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly element: HTMLElement,
    private readonly bundle: Bundle,
    private readonly stream: JobStream,
    private readonly options: CardOptions = {}
  ) {
    this.view = bundle.view;
    this.draw();
    stream.healthChanged.connect(this.onHealth, this);
    this.onHealth(stream, stream.health);
    for (const item of itemsOf(bundle.view)) {
      this.ends.push(stream.watch(item, bundle.server, news => this.hear(item.id, news)));
    }
  }

  /** Takes a newer snapshot of the same thing; false when it is of something else. */
  accept(bundle: Bundle): boolean {
    const ids = (view: View): string => JSON.stringify([view.kind, ...itemsOf(view).map(item => item.id)]);
    if (bundle.server !== this.bundle.server || ids(bundle.view) !== ids(this.view)) {
      return false;
    }
    if (isFinal(bundle.view) || !isFinal(this.view)) {
      this.view = bundle.view;
      this.mounted?.update(this.view);
    }
    return true;
  }

  dispose(): void {
    this.stream.healthChanged.disconnect(this.onHealth, this);
    this.ends.forEach(end => end());
    this.mounted?.dispose();
  }

  private onHealth(_: JobStream, health: Health): void {
    if (health === 'missing') {
      this.become('missing');
    }
  }

  private hear(id: string, news: News): void {
    if (news === 'elsewhere') {
      this.become('elsewhere');
    } else if (news === 'unknown') {
      this.lose(id);
    } else {
      this.view = replace(this.view, news);
      this.become('live');
      this.mounted?.relabel(this.label()); // what is over can't be ended
      this.mounted?.update(this.view);
      this.options.onNews?.(this.view);
    }
  }

  /** A list goes on without the lost one; a card says that it is lost. */
  private lose(id: string): void {
    if (this.view.kind === 'jobs') {
      this.view = { kind: 'jobs', items: this.view.items.filter(item => item.id !== id) };
      this.mounted?.update(this.view);
    } else {
      this.become('unknown');
    }
  }

  private become(mode: Mode): void {
    if (mode !== this.mode) {
      this.mode = mode;
      this.draw();
    }
  }

  private draw(): void {
    this.mounted?.dispose();
    this.mounted = mount(this.element, this.source());
  }

  private label(): string {
    return this.mode === 'live' && !isFinal(this.view) ? this.stream.warning : LABELS[this.mode];
  }

  private source(): Source {
    const { logOpen, open } = this.options;
    return {
      snapshot: this.view,
      trouble: tell => followTrouble(this.stream, why => tell(why && isFinal(this.view) ? '' : why)), // the end stays true
      subscribe: () => () => undefined,
      label: this.label(),
      ...(this.mode === 'live' ? { ...labSide(this.stream), logOpen, open } : {})
    };
  }
}

function replace(view: View, item: ItemView): View {
  if (view.kind !== 'jobs') {
    return item;
  }
  return { kind: 'jobs', items: view.items.map(old => (old.id === item.id ? item : old)) };
}
