/** The log of a job: shut at first, and read on while it is open and the job has more to say. */

import { button, h, setText } from './dom';
import { cleanLog, showBytes } from './format';
import type { JobView, LogChunk, Part, Source, Stream } from './model';

/** How much is read at once, and shown at most: the end of a long log is what people want. */
const TAIL = 64 * 1024;
const KEPT = 256 * 1024;
/** Milliseconds between two readings, and after one that failed. */
const PAUSE = 1000;
const RETRY = 5000;

const NAMES: Record<Stream, string> = { stdout: 'Output', stderr: 'Errors' };

/** What a log needs to know of its job. */
type Logged = Pick<JobView, 'id' | 'attempt' | 'tone'>;

export class LogView implements Part<Logged> {
  readonly node = h('details', 'jx-section jx-fold');
  private readonly text = h('pre', 'jx-log');
  private readonly note = h('span', 'jx-muted');
  private readonly buttons: Record<Stream, HTMLButtonElement>;
  private stream: Stream = 'stdout';
  /** True when the reader has picked the stream. */
  private picked = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts up whenever reading starts anew or stops, so that a late answer is recognized. */
  private turn = 0;
  private next = -TAIL;
  private raw = '';
  /** True when the log began before what is kept of it. */
  private cut = false;
  private attempt = 0;
  private id = '';

  constructor(
    private readonly read: NonNullable<Source['log']>,
    opened: boolean
  ) {
    this.buttons = { stdout: this.choice('stdout'), stderr: this.choice('stderr') };
    this.text.tabIndex = 0;
    const bar = h('div', 'jx-log-bar', this.buttons.stdout, this.buttons.stderr, h('span', 'jx-spacer'), this.note);
    this.node.append(h('summary', '', 'Log'), bar, this.text);
    this.node.open = opened;
    this.node.addEventListener('toggle', () => this.restart());
    this.label();
  }

  /** Follows a job; a new attempt has a new log. */
  update(job: Logged): void {
    if (!this.picked && (!this.node.open || this.id === '')) {
      this.stream = job.tone === 'bad' ? 'stderr' : 'stdout'; // why it failed is most often said there
      this.label();
    }
    this.node.hidden = job.attempt === 0;
    if (job.id !== this.id || job.attempt !== this.attempt) {
      this.id = job.id;
      this.attempt = job.attempt;
      this.restart();
    }
  }

  dispose(): void {
    this.stop();
  }

  private choice(stream: Stream): HTMLButtonElement {
    const choose = (): void => {
      this.stream = stream;
      this.picked = true;
      this.label();
      this.restart();
    };
    return button(NAMES[stream], choose, 'jx-button jx-small');
  }

  private label(): void {
    for (const [stream, node] of Object.entries(this.buttons)) {
      node.setAttribute('aria-pressed', String(stream === this.stream));
    }
    this.text.setAttribute('aria-label', `Log: ${NAMES[this.stream]}`);
  }

  private stop(): void {
    this.turn += 1;
    clearTimeout(this.timer);
  }

  private restart(): void {
    this.stop();
    this.next = -TAIL;
    this.raw = '';
    this.cut = false;
    if (this.node.open && this.attempt > 0) {
      setText(this.text, '');
      void this.follow(this.turn);
    }
  }

  private async follow(turn: number): Promise<void> {
    const pause = await this.readOn(turn);
    if (pause !== null && turn === this.turn) {
      this.timer = setTimeout(() => void this.follow(turn), pause);
    }
  }

  /** Reads one piece; returns how long to wait for the next, null when there is none. */
  private async readOn(turn: number): Promise<number | null> {
    try {
      const chunk = await this.read(this.id, this.stream, this.next);
      return turn === this.turn ? this.add(chunk) : null;
    } catch (error) {
      if (turn === this.turn) {
        setText(this.note, error instanceof Error ? error.message : String(error));
      }
      return RETRY;
    }
  }

  private add(chunk: LogChunk): number | null {
    const atEnd = this.text.scrollTop + this.text.clientHeight >= this.text.scrollHeight - 4;
    const whole = this.raw + chunk.text;
    this.cut ||= whole.length > KEPT || (this.raw === '' && chunk.offset > 0);
    this.raw = whole.slice(-KEPT);
    this.next = chunk.next;
    const behind = chunk.next < chunk.size && chunk.text !== '';
    const done = chunk.final && !behind;
    this.draw(done, chunk.size);
    if (atEnd) {
      this.text.scrollTop = this.text.scrollHeight;
    }
    return done ? null : behind ? 0 : PAUSE;
  }

  private draw(done: boolean, size: number): void {
    setText(this.text, cleanLog(this.raw) || (done ? 'Nothing was written.' : 'Nothing yet.'));
    setText(this.note, this.cut ? `the end of ${showBytes(size)}` : '');
  }
}
