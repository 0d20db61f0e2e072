/** A job as Python: shown, and put on the clipboard where the browser lets. */

import { h, setLine, setText } from './dom';
import type { ItemView } from './model';
import { place, type Wire } from './wire';

export class CodeBox {
  readonly node = h('div');
  private readonly code = h('pre', 'jx-log');
  private readonly note = h('p', 'jx-muted');

  constructor(view: ItemView, wire: Wire) {
    this.code.tabIndex = 0;
    this.code.setAttribute('aria-label', 'Code');
    this.note.setAttribute('role', 'status');
    this.node.append(this.code, this.note);
    void this.load(view, wire);
  }

  private async load(view: ItemView, wire: Wire): Promise<void> {
    try {
      setText(this.code, await codeOf(view, wire));
      await this.copy();
    } catch (error) {
      setLine(this.note, error instanceof Error ? error.message : String(error));
    }
  }

  /** Browsers refuse the clipboard to pages that came without TLS; then the code is selected. */
  private async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.code.textContent ?? '');
      setLine(this.note, 'Copied.');
    } catch {
      getSelection()?.selectAllChildren(this.code);
      setLine(this.note, 'Selected: copy it with the keyboard.');
    }
  }
}

async function codeOf(view: ItemView, wire: Wire): Promise<string> {
  if (view.kind === 'batch') {
    return `import jobs_ext as jx\n\nbatch = jx.get('${view.id}')`;
  }
  return ((await wire.ask(`${place(view)}/code`)) as { python: string }).python;
}
