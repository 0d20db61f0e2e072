/** What a card can do besides the verbs of its job; each opens below the buttons, one at a time. */

import { button, h } from './dom';
import type { ItemView, Part, Source } from './model';
import { CodeBox } from './code';
import { Edit } from './edit';
import { SaveForm } from './save';
import type { Wire } from './wire';

interface Tool {
  word: string;
  fits: (view: ItemView) => boolean;
  make: (view: ItemView, wire: Wire, source: Source) => HTMLElement;
}

const TOOLS: Tool[] = [
  {
    word: 'Edit and run',
    fits: view => view.kind === 'job' && view.actions.includes('rerun'),
    make: (view, wire, source) => new Edit(view, wire, source.open).node
  },
  { word: 'Copy as code', fits: () => true, make: (view, wire) => new CodeBox(view, wire).node },
  {
    word: 'Save to folder',
    fits: view => view.kind === 'job' && view.n_outputs > 0 && view.final,
    make: (view, wire) => new SaveForm(view, wire).node
  }
];

export class Drawer implements Part<ItemView> {
  /** The buttons. */
  readonly node = h('span', 'jx-tools');
  /** What one of them has opened. */
  readonly inside = h('div', 'jx-drawer');
  private readonly buttons: Map<Tool, HTMLButtonElement>;
  private opened: Tool | null = null;

  constructor(
    private view: ItemView,
    private readonly source: Source
  ) {
    this.buttons = new Map(TOOLS.map(tool => [tool, button(tool.word, () => this.flip(tool))]));
    this.inside.hidden = true;
    this.update(view);
  }

  update(view: ItemView): void {
    this.view = view;
    const offered = this.source.wire ? TOOLS.filter(tool => tool.fits(view)) : [];
    const nodes = offered.map(tool => this.buttons.get(tool)).filter(node => node !== undefined);
    if (nodes.length !== this.node.childElementCount || nodes.some(node => node.parentNode !== this.node)) {
      this.node.replaceChildren(...nodes);
    }
    if (this.opened && !offered.includes(this.opened)) {
      this.flip(this.opened);
    }
    this.mark();
  }

  dispose(): void {
    this.node.remove();
    this.inside.remove();
  }

  private flip(tool: Tool): void {
    const { wire } = this.source;
    this.opened = this.opened === tool ? null : tool;
    this.inside.hidden = this.opened === null;
    this.inside.replaceChildren(...(this.opened && wire ? [this.opened.make(this.view, wire, this.source)] : []));
    this.mark();
  }

  private mark(): void {
    this.buttons.forEach((node, tool) => node.setAttribute('aria-expanded', String(tool === this.opened)));
  }
}
