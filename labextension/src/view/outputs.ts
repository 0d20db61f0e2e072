/** The files a job has kept: each with its size, a link and, where it can be shown, a look at it. */

import { button, h, setText } from './dom';
import { showBytes, showCount } from './format';
import type { JobView, OutputView, Part, Source } from './model';
import { draw, lookOf, type Look } from './preview';
import { outputPlace, type Wire } from './wire';

export class Outputs implements Part<JobView> {
  readonly node = h('section', 'jx-section');
  private readonly list = h('ul', 'jx-plain');
  private readonly head = h('div', 'jx-section-head', h('h4', 'jx-section-title', 'Outputs'));
  private shown = '';

  constructor(private readonly source: Pick<Source, 'href' | 'wire'>) {
    this.node.append(this.head, this.list);
  }

  update({ id, outputs, n_outputs }: JobView): void {
    this.node.hidden = outputs.length === 0;
    const key = JSON.stringify([outputs, n_outputs]);
    if (key !== this.shown) {
      this.shown = key;
      const more = n_outputs - outputs.length;
      const rest = more > 0 ? [h('li', 'jx-muted', `and ${showCount(more)} more`)] : [];
      this.list.replaceChildren(...outputs.map(output => this.row(id, output)), ...rest);
      this.linkAll(id, n_outputs);
    }
  }

  dispose(): void {
    this.node.remove();
  }

  private linkAll(id: string, n_outputs: number): void {
    this.head.querySelector('a')?.remove();
    const { wire } = this.source;
    if (wire && n_outputs > 1) {
      const all = h('a', 'jx-all', 'Download all');
      all.href = wire.url(`jobs/${id}/outputs.zip`);
      all.download = `${id}.zip`;
      this.head.append(all);
    }
  }

  private row(id: string, output: OutputView): HTMLElement {
    const size = h('span', 'jx-output-size', showBytes(output.size));
    const row = h('li', 'jx-output', this.name(id, output.name));
    const look = lookOf(output);
    if (this.source.wire && look) {
      const preview = new Preview(id, output, look, this.source.wire);
      row.append(preview.toggle, size, preview.node);
    } else {
      row.append(h('span'), size);
    }
    row.title = output.media_type;
    return row;
  }

  private name(id: string, name: string): HTMLElement {
    const { href } = this.source;
    if (!href) {
      return h('span', '', name);
    }
    const link = h('a', '', name);
    link.href = href(id, name);
    link.download = name.split('/').pop() ?? name;
    return link;
  }
}

/** One output, read when it is opened. */
class Preview {
  readonly node = h('div', 'jx-preview');
  readonly toggle: HTMLButtonElement;

  constructor(
    private readonly id: string,
    private readonly output: OutputView,
    private readonly look: Look,
    private readonly wire: Wire
  ) {
    this.node.hidden = true;
    this.toggle = button('Preview', () => this.flip(), 'jx-button jx-small');
    this.toggle.setAttribute('aria-expanded', 'false');
    this.toggle.setAttribute('aria-label', `Preview ${output.name}`);
  }

  private flip(): void {
    this.node.hidden = !this.node.hidden;
    this.toggle.setAttribute('aria-expanded', String(!this.node.hidden));
    if (!this.node.hidden) {
      void this.load();
    }
  }

  private async load(): Promise<void> {
    setText(this.node, 'Reading …');
    try {
      const place = outputPlace(this.id, this.output.name);
      this.node.replaceChildren(await draw(this.output, this.look, (start, end) => this.wire.bytes(place, start, end)));
    } catch (error) {
      setText(this.node, error instanceof Error ? error.message : String(error));
    }
  }
}
