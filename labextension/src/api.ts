/** The server's REST interface as the front end uses it, always through Jupyter's own settings. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { readItem } from './snapshot';
import type { ItemView, LogChunk, Stream } from './view';

/** An answer that is not a success, with the server's own sentence. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string
  ) {
    super(message);
  }
}

export interface ServerInfo {
  version: string;
  /** The fingerprint of the data directory behind this server. */
  server: string;
  /** What ends all jobs by its end, e.g. "the container of this server"; "" when nothing does. */
  ends_with: string;
}

/** Names one job or one batch. */
export type Item = Pick<ItemView, 'kind' | 'id'>;

export class Api {
  constructor(readonly settings: ServerConnection.ISettings) {}

  /** Which server this is. Raises `ApiError` 404 where the server half is missing. */
  async info(): Promise<ServerInfo> {
    return (await this.request('')) as ServerInfo;
  }

  /** What there is to see of a job or batch now. */
  async view(item: Item): Promise<ItemView> {
    const view = readItem(await this.request(`${path(item)}/view`));
    if (view === null) {
      throw new ApiError(502, 'The server sent something else than a job.');
    }
    return view;
  }

  async cancel(item: Item): Promise<void> {
    await this.request(`${path(item)}/cancel`, {});
  }

  /** Submits a job once more; returns the id of the new one. */
  async rerun(id: string): Promise<string> {
    const job = (await this.request(`jobs/${id}/rerun`, {})) as { id: string };
    return job.id;
  }

  async log(id: string, stream: Stream, offset: number): Promise<LogChunk> {
    return (await this.request(`jobs/${id}/logs?stream=${stream}&offset=${offset}`)) as LogChunk;
  }

  /** The address of an output's content; the browser's own login opens it. */
  outputUrl(id: string, output: string): string {
    return this.url(`jobs/${id}/outputs/${URLExt.encodeParts(output)}`);
  }

  /** The address of the live events. */
  eventsUrl(since: number | null): string {
    const query = new URLSearchParams({ as: 'view', limit: SNAPSHOT });
    if (since !== null) {
      query.set('since', String(since));
    }
    if (this.settings.appendToken && this.settings.token) {
      query.set('token', this.settings.token);
    }
    return `${URLExt.join(this.settings.wsUrl, ROOT, 'events')}?${query}`;
  }

  private url(tail: string): string {
    return URLExt.join(this.settings.baseUrl, ROOT) + tail;
  }

  private async request(tail: string, body?: object): Promise<unknown> {
    const url = this.url(tail);
    const idle = `${url}${url.includes('?') ? '&' : '?'}${IDLE}`;
    const { settings } = this;
    const response = await (body === undefined
      ? ServerConnection.makeRequest(idle, {}, settings)
      : ServerConnection.makeRequest(url, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) }, settings));
    if (!response.ok) {
      throw new ApiError(response.status, await sentence(response));
    }
    return response.json();
  }
}

const ROOT = 'jobs-ext/api/v1/';
/** How many of the newest jobs the first frame brings. */
const SNAPSHOT = '200';
/** Looking is no activity: an open page must not keep an idle server alive. */
const IDLE = 'no_track_activity=1';
const JSON_TYPE = { 'Content-Type': 'application/json' };

function path(item: Item): string {
  return `${item.kind === 'job' ? 'jobs' : 'batches'}/${item.id}`;
}

async function sentence(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { message, hint } = JSON.parse(text) as { message?: string; hint?: string };
    return [message, hint].filter(Boolean).join(' ') || response.statusText;
  } catch {
    return `${response.status} ${response.statusText}`;
  }
}
