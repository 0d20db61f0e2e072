/** The MIME renderer: a job in an output cell, live while it runs, true once it is saved. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { LiveCard } from './card';
import { isFinal, MIME, readBundle, type Bundle } from './snapshot';
import { staticHtml, staticText } from './static';
import type { JobStream } from './stream';
import type { Named, View } from './view';

type Open = (view: Named) => void;

/** Draws one output. */
export class JobRenderer extends Widget implements IRenderMime.IRenderer {
  private card: LiveCard | null = null;
  private model: IRenderMime.IMimeModel | null = null;
  private bundle: Bundle | null = null;

  constructor(
    private readonly stream: JobStream,
    private readonly showItem: Open
  ) {
    super();
    this.addClass('jobs-ext-output');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    this.bundle = readBundle(model.data[MIME]);
    if (this.bundle === null) {
      this.clear();
      this.node.textContent = 'This output is not a job that this version of jobs_ext can show.';
    } else if (!this.card?.accept(this.bundle)) {
      this.clear();
      const options = { open: this.showItem, onNews: (view: View) => this.keep(view) };
      this.card = new LiveCard(this.node, this.bundle, this.stream, options);
    }
    return Promise.resolve();
  }

  override dispose(): void {
    this.clear();
    this.model = null;
    super.dispose();
  }

  private clear(): void {
    this.card?.dispose();
    this.card = null;
    this.node.replaceChildren();
  }

  /** Writes the last state into the notebook, so that the saved file tells the truth. */
  private keep(view: View): void {
    const { model, bundle } = this;
    if (!model || !bundle || !isFinal(view) || JSON.stringify(view) === JSON.stringify(bundle.view)) {
      return;
    }
    this.bundle = { ...bundle, view };
    const data = { ...model.data, [MIME]: this.bundle as never };
    if ('text/html' in data) {
      data['text/html'] = staticHtml(view);
    }
    if ('text/plain' in data) {
      data['text/plain'] = staticText(view);
    }
    model.setData({ data, metadata: model.metadata });
  }
}

/** The factory: safe, since a notebook's data becomes text nodes only and never names a server. */
export function rendererFactory(stream: JobStream, open: Open): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [MIME],
    defaultRank: 0,
    createRenderer: () => new JobRenderer(stream, open)
  };
}
