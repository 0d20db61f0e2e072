/** The JupyterLab and Notebook 7 plugins of jobs_ext. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Token } from '@lumino/coreutils';
import { Api } from './api';
import { notify, tellOutside, toldOutside } from './notify';
import { addOpenCommand, COMMANDS } from './open';
import { JobsPanel, PANEL_ID } from './panel';
import { rendererFactory } from './renderer';
import { share } from './shared';
import { JobStream } from './stream';
import type { Named } from './view';

/** The live events of this page, shared by all plugins. */
const IJobStream = new Token<JobStream>('jobs-ext:IJobStream', 'The live events of jobs_ext.');

const stream: JupyterFrontEndPlugin<JobStream> = {
  id: 'jobs-ext:stream',
  description: 'One live connection to the jobs_ext server extension for the whole page.',
  autoStart: true,
  provides: IJobStream,
  activate: app => {
    const live = new JobStream(new Api(app.serviceManager.serverSettings));
    share(live);
    return live;
  }
};

const open: JupyterFrontEndPlugin<void> = {
  id: 'jobs-ext:open',
  description: 'Shows one job or batch by itself, with its log.',
  autoStart: true,
  requires: [IJobStream],
  optional: [ILabShell, ILayoutRestorer],
  activate: (app, live: JobStream, shell: ILabShell | null, restorer: ILayoutRestorer | null) => {
    addOpenCommand(app, live, shell, restorer);
  }
};

const card: JupyterFrontEndPlugin<void> = {
  id: 'jobs-ext:card',
  description: 'Draws a job in a notebook output, live.',
  autoStart: true,
  requires: [IJobStream, IRenderMimeRegistry],
  activate: (app, live: JobStream, rendermime: IRenderMimeRegistry) => {
    rendermime.addFactory(rendererFactory(live, opener(app)));
  }
};

const panel: JupyterFrontEndPlugin<void> = {
  id: 'jobs-ext:panel',
  description: 'Lists all jobs in the left side bar, live.',
  autoStart: true,
  requires: [IJobStream],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (app, live: JobStream, restorer: ILayoutRestorer | null, palette: ICommandPalette | null) => {
    const widget = new JobsPanel(live, opener(app));
    app.shell.add(widget, 'left', { rank: 550, type: 'Jobs' });
    restorer?.add(widget, PANEL_ID);
    app.commands.addCommand(COMMANDS.show, {
      label: 'Show Jobs',
      caption: 'Show the list of all jobs',
      execute: () => app.shell.activateById(PANEL_ID)
    });
    palette?.addItem({ command: COMMANDS.show, category: 'Jobs' });
    live.start();
  }
};

const notices: JupyterFrontEndPlugin<void> = {
  id: 'jobs-ext:notify',
  description: 'Tells when a job that was seen running has ended.',
  autoStart: true,
  requires: [IJobStream],
  optional: [ICommandPalette],
  activate: (app, live: JobStream, palette: ICommandPalette | null) => {
    notify(live, opener(app));
    app.commands.addCommand(COMMANDS.outside, {
      label: 'Browser Notifications When Hidden',
      caption: 'Let the browser tell when a job ends while this page is hidden',
      isToggled: toldOutside,
      execute: () => tellOutside(!toldOutside())
    });
    palette?.addItem({ command: COMMANDS.outside, category: 'Jobs' });
    live.start();
  }
};

function opener(app: JupyterFrontEnd): (view: Named) => void {
  return ({ kind, id, title }) => void app.commands.execute(COMMANDS.open, { kind, id, title });
}

export default [stream, open, card, panel, notices];
