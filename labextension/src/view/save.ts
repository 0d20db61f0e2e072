/** Copies the outputs of a job into a folder that Jupyter's file browser shows. */

import { h, setLine } from './dom';
import type { ItemView } from './model';
import { place, type Wire } from './wire';

interface Archive {
  folder: string;
  status: 'waiting' | 'done' | 'failed';
  reason: string | null;
}

const PAUSE = 500; // ms between two questions whether it is done

export class SaveForm {
  readonly node = h('form', 'jx-form');
  private readonly folder = h('input', 'jx-input');
  private readonly go = h('button', 'jx-button', 'Save');
  private readonly note = h('p', 'jx-muted');

  constructor(
    private readonly view: ItemView,
    private readonly wire: Wire
  ) {
    this.folder.value = `results/${view.title.replace(/[^\w.-]+/g, '-')}`;
    this.folder.required = true;
    this.go.type = 'submit';
    this.note.setAttribute('role', 'status');
    this.note.hidden = true;
    const label = h('label', 'jx-field', h('span', '', 'Folder'), this.folder);
    this.node.append(label, this.go, this.note);
    this.node.addEventListener('submit', event => {
      event.preventDefault();
      void this.save();
    });
  }

  private async save(): Promise<void> {
    this.go.disabled = true;
    setLine(this.note, 'Saving …');
    try {
      let now = (await this.wire.ask(`${place(this.view)}/archive`, { folder: this.folder.value })) as Archive;
      while (now.status === 'waiting') {
        await new Promise(resolve => setTimeout(resolve, PAUSE));
        now = (await this.wire.ask(`${place(this.view)}/archive`)) as Archive;
      }
      setLine(this.note, now.status === 'done' ? `Saved in ${now.folder}.` : `Not saved: ${now.reason ?? ''}`);
    } catch (error) {
      setLine(this.note, error instanceof Error ? error.message : String(error));
    } finally {
      this.go.disabled = false;
    }
  }
}
