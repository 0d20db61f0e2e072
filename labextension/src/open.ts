/** The command that shows one job by itself: a tab in JupyterLab, a dialog in Notebook 7. */

import type { ILabShell, ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, MainAreaWidget, showDialog, WidgetTracker } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import type { Item } from './api';
import { LiveCard } from './card';
import { jobsIcon } from './panel';
import type { JobStream } from './stream';
import { h } from './view/dom';

export const COMMANDS = { show: 'jobs-ext:show', open: 'jobs-ext:open', outside: 'jobs-ext:tell-outside' };

interface OpenArguments extends Item {
  title: string;
}

/** One job or batch, asked for from the server as soon as there is one. */
export class JobPage extends Widget {
  private card: LiveCard | null = null;
  private readonly waiting = h('p', 'jobs-ext-none', 'Asking the server for the job …');

  constructor(
    private readonly stream: JobStream,
    readonly item: OpenArguments
  ) {
    super();
    this.addClass('jobs-ext-page');
    this.node.append(this.waiting);
    void this.load();
  }

  override dispose(): void {
    this.card?.dispose();
    super.dispose();
  }

  private async load(): Promise<void> {
    try {
      const [{ server }, view] = await Promise.all([this.stream.api.info(), this.stream.api.view(this.item)]);
      if (!this.isDisposed) {
        this.waiting.remove();
        this.card = new LiveCard(this.node, { version: 1, server, view }, this.stream, { logOpen: true });
      }
    } catch (error) {
      this.waiting.textContent = error instanceof Error ? error.message : String(error);
    }
  }
}

/** Adds the command; open tabs come back when the page is loaded again. */
export function addOpenCommand(
  app: JupyterFrontEnd,
  stream: JobStream,
  shell: ILabShell | null,
  restorer: ILayoutRestorer | null
): void {
  const tracker = new WidgetTracker<MainAreaWidget<JobPage>>({ namespace: 'jobs-ext' });
  app.commands.addCommand(COMMANDS.open, {
    label: 'Show Job',
    describedBy: { args: { type: 'object', properties: { kind: {}, id: {}, title: {} } } },
    execute: args => {
      const item = readArguments(args);
      return shell ? showTab(shell, tracker, stream, item) : showInDialog(stream, item);
    }
  });
  void restorer?.restore(tracker, {
    command: COMMANDS.open,
    args: ({ content }) => ({ ...content.item }),
    name: ({ content }) => content.item.id
  });
}

function readArguments(args: ReadonlyPartialJSONObject): OpenArguments {
  const kind = args['kind'] === 'batch' ? 'batch' : 'job';
  return { kind, id: word(args['id']), title: word(args['title']) };
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function showTab(
  shell: ILabShell,
  tracker: WidgetTracker<MainAreaWidget<JobPage>>,
  stream: JobStream,
  item: OpenArguments
): void {
  let tab = tracker.find(({ content }) => content.item.id === item.id);
  if (!tab) {
    tab = new MainAreaWidget({ content: new JobPage(stream, item) });
    tab.id = `jobs-ext-${item.id}`;
    tab.title.label = item.title || 'Job';
    tab.title.icon = jobsIcon;
    tab.title.closable = true;
    shell.add(tab, 'main', { mode: 'split-right', ref: shell.currentWidget?.id });
    void tracker.add(tab);
  }
  shell.activateById(tab.id);
}

async function showInDialog(stream: JobStream, item: OpenArguments): Promise<void> {
  const body = new JobPage(stream, item);
  await showDialog({ title: item.title, body, buttons: [Dialog.okButton({ label: 'Close' })] });
}
