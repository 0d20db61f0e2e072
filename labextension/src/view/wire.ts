/** The server as every drawing asks it, in JupyterLab and in widgets, and the part of a source that follows. */

import type { ItemView, LogChunk, Source } from './model';

/** Requests to the server of the jobs, at paths below `api/v1/`. */
export interface Wire {
  /**
   * Returns the JSON of an answer, null of one without; with a body it is a POST.
   * Rejects with what the server says is wrong.
   */
  ask(tail: string, body?: object): Promise<unknown>;
  /** Returns the bytes of a file from `start` to before `end`, or as many as there are. */
  bytes(tail: string, start: number, end: number): Promise<Uint8Array>;
  /** Returns the address that a link goes to. */
  url(tail: string): string;
}

/** What the server says is wrong, and with which field where it says that: `arguments.k`. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly field: string | null = null
  ) {
    super(message);
  }
}

/** Returns what `Source` can do where there is a wire. */
export function serverSide(wire: Wire): Required<Pick<Source, 'act' | 'log' | 'href' | 'wire'>> {
  return {
    wire,
    act: async (action, view) => void (await wire.ask(`${place(view)}/${action}`, {})),
    log: async (id, stream, offset) => (await wire.ask(`jobs/${id}/logs?stream=${stream}&offset=${offset}`)) as LogChunk,
    href: (id, output) => wire.url(outputPlace(id, output))
  };
}

/** Returns the path of a job or batch. */
export function place(view: Pick<ItemView, 'kind' | 'id'>): string {
  return `${view.kind === 'job' ? 'jobs' : 'batches'}/${view.id}`;
}

/** Returns the path of an output. */
export function outputPlace(id: string, output: string): string {
  return `jobs/${id}/outputs/${output.split('/').map(encodeURIComponent).join('/')}`;
}
