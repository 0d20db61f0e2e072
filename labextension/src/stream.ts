/**
 * The live events of one page: one WebSocket for all cards, the panel and the notices. It
 * reconnects by itself, goes on where it was, and knows which server it talks to.
 */

import { Signal, type ISignal } from '@lumino/signaling';
import { ApiError, type Api, type Item } from './api';
import { readItem } from './snapshot';
import { followNetwork, troubleOf, type ItemView } from './view';

/** `missing`: Jupyter answers, but the jobs_ext server extension is not there. */
export type Health = 'connecting' | 'live' | 'offline' | 'missing';

/** What became of some jobs; `snapshot` when the list is what is there, not what changed. */
export interface Change {
  items: ItemView[];
  deleted: string[];
  snapshot: boolean;
}

/** What a watcher of one job or batch is told. */
export type News = ItemView | 'unknown' | 'elsewhere';

interface Frame {
  type: 'snapshot' | 'changes' | 'error';
  seq?: number;
  server?: string;
  jobs?: unknown[];
  batches?: unknown[];
  deleted?: string[];
  message?: string;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;

export class JobStream {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private started = false;
  private asking = false;
  private unfollow: () => void = () => undefined;
  private pause = FIRST_PAUSE;
  private since: number | null = null;
  private fingerprint: string | null = null;
  private ending = '';
  private why = '';
  private state: Health = 'connecting';
  private readonly known = new Map<string, ItemView>();
  private readonly watchers = new Map<string, Set<Watcher>>();
  private readonly changes = new Signal<this, Change>(this);
  private readonly healths = new Signal<this, Health>(this);

  constructor(
    readonly api: Api,
    private readonly limit = 2000
  ) {}

  /** Emitted for every frame. */
  get changed(): ISignal<this, Change> {
    return this.changes;
  }

  get healthChanged(): ISignal<this, Health> {
    return this.healths;
  }

  get health(): Health {
    return this.state;
  }

  /** The jobs and batches heard of, oldest first. */
  get items(): ItemView[] {
    return [...this.known.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Connects, once, however often it is called. */
  start(): void {
    if (!this.started) {
      this.started = true;
      this.unfollow = followNetwork(
        () => this.lost('offline'),
        () => this.renew()
      );
      void this.connect();
    }
  }

  /** A sentence about what would end the jobs under way; "" where they outlive the server. */
  get warning(): string {
    return this.ending && `Jobs end with ${this.ending}.`;
  }

  /** Why the server is out of reach, "" where it has nothing of ours; null while it is there. */
  get trouble(): string | null {
    return this.state === 'offline' || this.state === 'missing' ? this.why : null;
  }

  /** Connects now instead of after the pause, e.g. when the user asks for it. */
  retry(): void {
    if (this.socket === null && this.started) {
      clearTimeout(this.timer);
      this.pause = FIRST_PAUSE;
      void this.connect();
    }
  }

  /**
   * Follows one job or batch of the server with this fingerprint: tells how it stands now and
   * at each change, that it is unknown here, or that this is another server.
   */
  watch(item: Item, server: string, tell: (news: News) => void): () => void {
    const watcher: Watcher = { item, server, tell };
    const group = this.watchers.get(item.id) ?? new Set();
    this.watchers.set(item.id, group.add(watcher));
    if (this.state === 'live') {
      void this.inform(watcher);
    }
    this.start();
    return () => {
      group.delete(watcher);
      if (group.size === 0 && this.watchers.get(item.id) === group) {
        this.watchers.delete(item.id);
      }
    };
  }

  dispose(): void {
    this.unfollow();
    clearTimeout(this.timer);
    this.started = false;
    this.detach();
    Signal.clearData(this);
  }

  /** Asks first who is there: a failed WebSocket would not tell a missing extension from a network that is down. */
  private async connect(): Promise<void> {
    if (this.asking) {
      return;
    }
    this.asking = true;
    try {
      const { server, ends_with } = await this.api.info();
      if (!this.started) {
        return;
      }
      this.ending = ends_with;
      clearTimeout(this.timer); // set by an event of the network while the answer was on its way
      this.meet(server);
      this.open();
    } catch (error) {
      const status = error instanceof ApiError ? error.status : null;
      this.lost(status === 404 ? 'missing' : 'offline', status);
    } finally {
      this.asking = false;
    }
  }

  /** Another data directory: numbers and jobs of the former one mean nothing here. */
  private meet(server: string): void {
    if (this.fingerprint !== server) {
      this.fingerprint = server;
      this.since = null;
      this.known.clear();
    }
  }

  private open(): void {
    const socket = new this.api.settings.WebSocket(this.api.eventsUrl(this.since));
    this.socket = socket;
    socket.onmessage = event => this.receive(JSON.parse(String(event.data)) as Frame);
    socket.onclose = () => this.lost('offline');
    socket.onopen = () => this.opened();
  }

  private opened(): void {
    this.pause = FIRST_PAUSE;
    this.become('live');
    for (const group of this.watchers.values()) {
      group.forEach(watcher => void this.inform(watcher));
    }
  }

  private lost(state: Health, status: number | null = null): void {
    this.detach();
    if (!this.started) {
      return;
    }
    this.become(state, state === 'missing' ? '' : troubleOf(status));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.connect(), this.pause * (0.75 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  /** A connection from before a sleep may be dead without knowing: another one goes on where it was. */
  private renew(): void {
    this.detach();
    this.retry();
  }

  private detach(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private become(state: Health, why = ''): void {
    if (state !== this.state || why !== this.why) {
      this.state = state;
      this.why = why;
      this.healths.emit(state);
    }
  }

  private receive(frame: Frame): void {
    if (frame.type === 'error') {
      this.since = null; // what we asked for can't be had: begin with a snapshot
      return;
    }
    const items = [...(frame.batches ?? []), ...(frame.jobs ?? [])].map(readItem).filter(item => item !== null);
    const deleted = frame.deleted ?? [];
    this.since = frame.seq ?? this.since;
    if (frame.type === 'snapshot') {
      this.known.clear();
    }
    items.forEach(item => this.learn(item));
    deleted.forEach(id => this.forget(id));
    this.prune();
    this.changes.emit({ items, deleted, snapshot: frame.type === 'snapshot' });
  }

  private learn(item: ItemView): void {
    this.known.set(item.id, item);
    this.watchers.get(item.id)?.forEach(watcher => this.fits(watcher) && watcher.tell(item));
  }

  private forget(id: string): void {
    this.known.delete(id);
    this.watchers.get(id)?.forEach(watcher => this.fits(watcher) && watcher.tell('unknown'));
  }

  /** Lets go of the oldest jobs, so that a page left open over many sweeps stays small; what they are of stays. */
  private prune(): void {
    const spare = this.limit / 10; // not for each job that comes
    if (this.known.size > this.limit + spare) {
      const jobs = this.items.filter(item => item.kind === 'job');
      jobs.slice(0, this.known.size - this.limit).forEach(job => this.known.delete(job.id));
    }
  }

  private fits(watcher: Watcher): boolean {
    return watcher.server === this.fingerprint;
  }

  /** Tells a watcher how its job stands, unless the stream has told it something newer meanwhile. */
  private async inform(watcher: Watcher): Promise<void> {
    const { item, tell } = watcher;
    if (!this.fits(watcher)) {
      tell('elsewhere');
      return;
    }
    const before = this.known.get(item.id);
    let news: News;
    try {
      news = await this.api.view(item);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) {
        return; // not an answer about the job; the next connection asks again
      }
      news = 'unknown';
    }
    if (this.watchers.get(item.id)?.has(watcher) && this.known.get(item.id) === before) {
      tell(news);
    }
  }
}

interface Watcher {
  item: Item;
  server: string;
  tell: (news: News) => void;
}
