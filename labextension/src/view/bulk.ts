/** Verbs for several jobs at once: how many it went well with, why not with the others, and a way back. */

import { button, h, setLine } from './dom';
import { showCount } from './format';
import type { Wire } from './wire';

interface Verb {
  word: string;
  done: string;
  /** What the server calls it, and what takes it back. */
  name: string;
  back?: string;
}

const VERBS: Verb[] = [
  { word: 'Cancel', done: 'Cancelled', name: 'cancel' },
  { word: 'Retry', done: 'Retried', name: 'reset' },
  { word: 'Delete', done: 'Deleted', name: 'delete', back: 'reinstate' }
];

const AT_ONCE = 500; // jobs of one request

/** What the server says came of a request. */
interface Handled {
  ids: string[];
  refused: { message: string }[];
}

/** The jobs that are selected, and more of them. */
export interface Selection {
  ids(): string[];
  /** Selects all there are, loaded or not; `tell` hears how many were found so far. */
  all(tell: (found: number) => void): Promise<void>;
  /** Is called after a verb. */
  done(): void;
}

export class Bulk {
  readonly node = h('div', 'jx-bulk');
  private readonly selected = h('span', 'jx-muted');
  private readonly more: HTMLButtonElement;
  private readonly buttons: HTMLButtonElement[];
  private readonly said = h('span');
  private readonly undo: HTMLButtonElement;
  private back: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly wire: Wire,
    private readonly selection: Selection
  ) {
    this.said.setAttribute('role', 'status');
    this.more = button('', () => void this.tell(this.selectAll()), 'jx-button jx-small');
    this.buttons = VERBS.map(verb => button(verb.word, () => void this.run(verb), 'jx-button jx-small'));
    this.undo = button('Undo', () => void this.back(), 'jx-button jx-small');
    this.undo.hidden = true;
    this.node.append(this.selected, this.more, ...this.buttons, this.said, this.undo);
    this.update(0, '');
  }

  /** Offers the verbs for so many jobs, and to select more of them unless `more` is empty. */
  update(selected: number, more: string): void {
    setLine(this.selected, selected ? `${showCount(selected)} selected` : '');
    setLine(this.more, selected ? more : '');
    this.buttons.forEach(node => (node.hidden = selected === 0));
  }

  /** Says what comes of something else that was asked for, and until then `meanwhile`. */
  async tell(outcome: Promise<string>, meanwhile = ''): Promise<void> {
    this.undo.hidden = true;
    setLine(this.said, meanwhile);
    setLine(this.said, await outcome.catch(sentence));
  }

  private async selectAll(): Promise<string> {
    this.busy(true);
    await this.selection.all(found => setLine(this.said, `${showCount(found)} found …`)).finally(() => this.busy(false));
    this.buttons.slice(0, 1).forEach(refocus);
    return '';
  }

  private async run(verb: Verb): Promise<void> {
    const good = await this.all(this.selection.ids(), verb.name, verb.done);
    const { back } = verb;
    this.undo.hidden = !back || good.length === 0;
    this.back = async () => {
      this.undo.hidden = true;
      await this.all(good, back ?? verb.name, 'Brought back');
    };
    refocus(this.undo);
  }

  /** Asks for all these jobs, some at a time; returns those with which it went well. */
  private async all(ids: string[], verb: string, done: string): Promise<string[]> {
    const good: string[] = [];
    const refused: string[] = [];
    let problem = '';
    this.busy(true);
    for (let from = 0; from < ids.length && !problem; from += AT_ONCE) {
      try {
        const told = (await this.wire.ask(`jobs/bulk/${verb}`, { ids: ids.slice(from, from + AT_ONCE) })) as Handled;
        good.push(...told.ids);
        refused.push(...told.refused.map(({ message }) => message));
        setLine(this.said, `${done} ${showCount(good.length)} of ${jobs(ids.length)} …`);
      } catch (error) {
        problem = ` ${jobs(ids.length - from)} not tried: ${sentence(error)}`;
      }
    }
    this.busy(false);
    const not = refused.length ? ` ${jobs(refused.length)} refused: ${refused[0] ?? ''}` : '';
    setLine(this.said, `${done} ${jobs(good.length)}.${not}${problem}`);
    this.selection.done();
    return good;
  }

  private busy(is: boolean): void {
    [this.more, ...this.buttons].forEach(node => (node.disabled = is));
  }
}

/** Gives the focus to a button when that which had it has gone. */
function refocus(node: HTMLButtonElement): void {
  if (document.activeElement === document.body) {
    node.focus();
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function jobs(number: number): string {
  return number === 1 ? '1 job' : `${showCount(number)} jobs`;
}
