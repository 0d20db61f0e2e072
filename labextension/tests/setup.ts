/** What JupyterLab's packages expect of a browser when they are loaded, and jsdom does not have. */

globalThis.DragEvent ??= class extends MouseEvent {} as typeof DragEvent;
window.matchMedia ??= query => Object.assign(new EventTarget(), { matches: false, media: query }) as MediaQueryList;
