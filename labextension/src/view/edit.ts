/** Runs a job again with other arguments or options: a small form with what it was given. */

import { button, h, setLine } from './dom';
import type { ItemView, Source } from './model';
import { place, Refusal, type Wire } from './wire';

interface Given {
  arguments: Record<string, unknown>;
  options: Record<string, unknown>;
}

/** The options that people change between two runs. */
const OPTIONS = ['name', 'cpu', 'memory', 'timeout'];

export class Edit {
  readonly node = h('form', 'jx-form');
  private readonly problem = h('p', 'jx-problem');
  private readonly note = h('p', 'jx-muted');
  private readonly go = h('button', 'jx-button jx-primary', 'Run');
  private fields: Field[] = [];

  constructor(
    private readonly view: ItemView,
    private readonly wire: Wire,
    private readonly open: Source['open']
  ) {
    this.go.type = 'submit';
    this.problem.setAttribute('role', 'alert');
    this.note.setAttribute('role', 'status');
    this.problem.hidden = this.note.hidden = true;
    this.node.addEventListener('submit', event => {
      event.preventDefault();
      void this.run();
    });
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      const given = (await this.wire.ask(place(this.view))) as Given;
      const fields = Object.entries(given.arguments).map(([name, value]) => new Field('arguments', name, value));
      const options = OPTIONS.map(name => new Field('options', name, given.options[name] ?? null));
      this.fields = [...fields, ...options];
      const fold = h('details', 'jx-fold', h('summary', '', 'Options'), ...options.map(field => field.node));
      fold.open = fields.length === 0;
      this.node.replaceChildren(...fields.map(field => field.node), fold, this.go, this.problem, this.note);
      this.fields.find(field => field.editable)?.control.focus();
    } catch (error) {
      this.node.replaceChildren(this.problem);
      this.refuse(error);
    }
  }

  private async run(): Promise<void> {
    this.fields.forEach(field => field.complain(''));
    setLine(this.problem, '');
    this.go.disabled = true;
    try {
      const again = (await this.wire.ask(`${place(this.view)}/rerun`, this.changes())) as { id: string };
      this.done(again.id);
    } catch (error) {
      this.refuse(error);
    } finally {
      this.go.disabled = false;
    }
  }

  private changes(): Record<string, Record<string, unknown>> {
    const changed = this.fields.filter(field => field.changed);
    const of = (group: string): [string, unknown][] =>
      changed.filter(field => field.group === group).map(field => [field.name, field.read()]);
    return { arguments: Object.fromEntries(of('arguments')), options: Object.fromEntries(of('options')) };
  }

  private done(id: string): void {
    setLine(this.note, 'Submitted as a new job. ');
    const { open, view } = this;
    if (open) {
      this.note.append(button('Open', () => open({ ...view, id }), 'jx-button jx-small'));
    }
  }

  /** Shows what is wrong beside the field it is about, else below. */
  private refuse(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    const about = error instanceof Refusal ? error.field : null;
    const field = this.fields.find(one => about === `${one.group}.${one.name}`);
    if (field) {
      field.complain(text);
    } else {
      setLine(this.problem, text);
    }
  }
}

/** One value. A text is edited as it is, whatever else as JSON; files that came with the job stay. */
class Field {
  readonly node: HTMLElement;
  readonly control: HTMLInputElement | HTMLTextAreaElement;
  readonly editable: boolean;
  private readonly complaint = h('span', 'jx-problem');
  private readonly before: string;
  private readonly isText: boolean;

  constructor(
    readonly group: 'arguments' | 'options',
    readonly name: string,
    value: unknown
  ) {
    this.editable = !isReference(value);
    this.isText = typeof value === 'string';
    this.before = this.isText ? String(value) : value === null && group === 'options' ? '' : JSON.stringify(value);
    const long = this.before.length > 60 || this.before.includes('\n');
    this.control = long ? h('textarea', 'jx-input') : h('input', 'jx-input');
    this.control.value = this.before;
    this.control.readOnly = !this.editable;
    this.complaint.hidden = true;
    this.node = h('label', 'jx-field', h('span', '', name), this.control, this.complaint);
  }

  get changed(): boolean {
    return this.editable && this.control.value !== this.before;
  }

  /** Returns the value; an option that was emptied is left to its default. */
  read(): unknown {
    const { value } = this.control;
    if (this.isText && value !== '') {
      return value;
    }
    if (this.group === 'options') {
      return value === '' ? null : number(value);
    }
    if (this.isText) {
      return value;
    }
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw new Refusal(`${value} is not JSON: write texts in "…", lists in […].`, `arguments.${this.name}`);
    }
  }

  complain(text: string): void {
    setLine(this.complaint, text);
    this.control.setAttribute('aria-invalid', String(text !== ''));
  }
}

/** Returns a number as one; `2GB` and `1h` stay texts. */
function number(text: string): number | string {
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Tells whether a value stands for a file that was uploaded, or for another job's output. */
function isReference(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('$part' in value || '$output' in value);
}
