/** Verbs for several jobs at once: how many it went well with, why not with the others, and a way back. */

import { button, h, setLine } from './dom';
import type { Wire } from './wire';

interface Verb {
  word: string;
  done: string;
  ask: (wire: Wire, id: string) => Promise<unknown>;
  back?: (wire: Wire, id: string) => Promise<unknown>;
}

const VERBS: Verb[] = [
  { word: 'Cancel', done: 'Cancelled', ask: (wire, id) => wire.ask(`jobs/${id}/cancel`, {}) },
  { word: 'Retry', done: 'Retried', ask: (wire, id) => wire.ask(`jobs/${id}/reset`, {}) },
  {
    word: 'Delete',
    done: 'Deleted',
    ask: (wire, id) => wire.ask(`jobs/${id}`, {}, 'DELETE'),
    back: (wire, id) => wire.ask(`jobs/${id}/reinstate`, {})
  }
];

const AT_ONCE = 6; // requests

export class Bulk {
  readonly node = h('div', 'jx-bulk');
  private readonly selected = h('span', 'jx-muted');
  private readonly buttons: HTMLButtonElement[];
  private readonly said = h('span');
  private readonly undo: HTMLButtonElement;
  private back: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly wire: Wire,
    private readonly chosen: () => string[],
    private readonly changed: () => void
  ) {
    this.said.setAttribute('role', 'status');
    this.buttons = VERBS.map(verb => button(verb.word, () => void this.run(verb), 'jx-button jx-small'));
    this.undo = button('Undo', () => void this.back(), 'jx-button jx-small');
    this.undo.hidden = true;
    this.node.append(this.selected, ...this.buttons, this.said, this.undo);
    this.update(0);
  }

  /** Offers the verbs for so many jobs. */
  update(selected: number): void {
    setLine(this.selected, selected ? `${selected.toLocaleString()} selected` : '');
    this.buttons.forEach(node => (node.hidden = selected === 0));
  }

  /** Says what comes of something else that was asked for. */
  async tell(outcome: Promise<string>): Promise<void> {
    this.undo.hidden = true;
    setLine(this.said, await outcome.catch((error: unknown) => (error instanceof Error ? error.message : String(error))));
  }

  private async run(verb: Verb): Promise<void> {
    const ids = this.chosen();
    const good = await this.each(ids, verb.ask, verb.done);
    this.undo.hidden = !verb.back || good.length === 0;
    this.back = async () => {
      this.undo.hidden = true;
      await this.each(good, verb.back ?? verb.ask, 'Brought back');
    };
  }

  /** Asks for each job; returns those with which it went well. */
  private async each(ids: string[], ask: Verb['ask'], done: string): Promise<string[]> {
    const good: string[] = [];
    const refused: string[] = [];
    const left = [...ids];
    const work = async (): Promise<void> => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        await ask(this.wire, id).then(
          () => good.push(id),
          (error: unknown) => refused.push(error instanceof Error ? error.message : String(error))
        );
      }
    };
    this.buttons.forEach(node => (node.disabled = true));
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    this.buttons.forEach(node => (node.disabled = false));
    const not = refused.length ? ` ${jobs(refused.length)} refused: ${refused[0] ?? ''}` : '';
    setLine(this.said, `${done} ${jobs(good.length)}.${not}`);
    this.changed();
    return good;
  }
}

function jobs(number: number): string {
  return number === 1 ? '1 job' : `${number.toLocaleString()} jobs`;
}
