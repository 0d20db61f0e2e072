/** The look: JupyterLab's theme variables, with fallbacks for pages that have none. */

const CSS = `
.jx-view {
  --jx-text: var(--jp-ui-font-color1, #1f2328);
  --jx-strong: var(--jp-ui-font-color0, #000);
  --jx-muted: var(--jp-ui-font-color2, #59636e);
  --jx-line: var(--jp-border-color2, #d8dee4);
  --jx-edge: var(--jp-border-color1, #8c959f); /* of what can be pressed or filled in */
  --jx-paper: var(--jp-layout-color1, #fff);
  --jx-sunken: var(--jp-layout-color2, #f3f4f6);
  --jx-waiting: var(--jp-ui-font-color2, #59636e);
  --jx-active: var(--jp-brand-color1, #1976d2);
  --jx-good: var(--jp-success-color1, #2e7d32);
  --jx-bad: var(--jp-error-color1, #d32f2f);
  --jx-stopped: var(--jp-warn-color1, #b26a00);
  color: var(--jx-text);
  font-family: var(--jp-ui-font-family, system-ui, sans-serif);
  font-size: var(--jp-ui-font-size1, 13px);
  line-height: 1.45;
  font-variant-numeric: tabular-nums;
  container-type: inline-size;
}
.jx-view [hidden] { display: none !important; }
.jx-view [data-tone=waiting] { --jx-tone: var(--jx-waiting); }
.jx-view [data-tone=active] { --jx-tone: var(--jx-active); }
.jx-view [data-tone=good] { --jx-tone: var(--jx-good); }
.jx-view [data-tone=bad] { --jx-tone: var(--jx-bad); }
.jx-view [data-tone=stopped] { --jx-tone: var(--jx-stopped); }
.jx-icon {
  width: 16px; height: 16px; flex: none; fill: none; stroke: currentColor;
  stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round;
}
.jx-icon-active circle { stroke-dasharray: 28 11; transform-origin: 8px 8px; animation: jx-turn 1.6s linear infinite; }
@keyframes jx-turn { to { transform: rotate(360deg); } }
.jx-label, .jx-trouble { color: var(--jx-muted); margin: 0 0 6px; }
/* what would end the jobs is said above the first card of a notebook */
.jp-Cell:has(.jx-warning) ~ .jp-Cell .jx-warning { display: none; }
.jx-card {
  box-sizing: border-box; max-width: 760px; margin: 2px 0; padding: 12px 16px;
  background: var(--jx-paper); border: 1px solid var(--jx-line); border-radius: 6px;
  border-left: 3px solid var(--jx-tone, var(--jx-line));
}
.jx-head { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; min-width: 0; }
.jx-title { margin: 0; font: inherit; font-weight: 600; color: var(--jx-strong); overflow-wrap: anywhere; }
.jx-target { flex: 1 0.001 6em; color: var(--jx-muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.jx-target code, .jx-args code { font-family: var(--jp-code-font-family, ui-monospace, monospace); font-size: 0.95em; background: none; color: inherit; padding: 0; }
.jx-badge {
  display: inline-flex; align-items: center; gap: 5px; flex: none; padding: 2px 9px 2px 6px; border-radius: 10px;
  font-size: 11px; font-weight: 600; letter-spacing: 0.03em; line-height: 16px;
  color: color-mix(in srgb, var(--jx-tone) 66%, var(--jx-strong));
  background: color-mix(in srgb, var(--jx-tone) 13%, transparent);
}
.jx-badge .jx-icon { width: 14px; height: 14px; }
.jx-spacer { flex: 1 1 auto; }
.jx-reason { margin: 8px 0 0; overflow-wrap: anywhere; }
.jx-problem { margin: 8px 0 0; color: color-mix(in srgb, var(--jx-bad) 80%, var(--jx-strong)); overflow-wrap: anywhere; }
.jx-progress { display: flex; align-items: center; gap: 10px; margin-top: 10px; }
.jx-track { flex: 1 1 auto; display: flex; height: 6px; border-radius: 3px; overflow: hidden; background: var(--jx-sunken); box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--jx-line) 60%, transparent); }
.jx-fill { background: var(--jx-tone, var(--jx-active)); transition: width 0.3s ease-out, flex-grow 0.3s ease-out; }
.jx-stack .jx-fill { flex: 0 0 0; min-width: 0; }
.jx-unknown .jx-fill { width: 30%; animation: jx-slide 1.8s ease-in-out infinite; }
@keyframes jx-slide { from { margin-left: -30%; } to { margin-left: 100%; } }
.jx-progress-text { flex: none; max-width: 60%; color: var(--jx-muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
/* JupyterLab floats every dl of an output into two columns */
.jx-view dt, .jx-view dd { float: none; width: auto; margin: 0; padding: 0; font-weight: normal; }
.jx-view .jx-facts { display: flex; flex-wrap: wrap; gap: 4px 24px; margin: 10px 0 0; padding: 0; overflow: visible; }
.jx-facts > div { display: flex; gap: 6px; }
.jx-facts dt { color: var(--jx-muted); }
.jx-section { margin-top: 10px; border-top: 1px solid var(--jx-line); padding-top: 8px; }
.jx-section-title, .jx-fold > summary { margin: 0; font-size: inherit; font-weight: 600; color: var(--jx-muted); }
.jx-fold > summary { cursor: pointer; width: fit-content; border-radius: 3px; }
.jx-fold > summary:hover { color: var(--jx-text); }
.jx-fold:not([hidden]) + .jx-fold { border-top: none; margin-top: 0; padding-top: 4px; }
.jx-plain { list-style: none; margin: 4px 0 0; padding: 0; }
.jx-section-head { display: flex; gap: 16px; justify-content: space-between; }
.jx-output { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 0 16px; padding: 2px 0; align-items: center; }
.jx-preview { grid-column: 1 / -1; margin: 4px 0 8px; color: var(--jx-muted); }
.jx-scroll { width: fit-content; max-width: 100%; box-sizing: border-box; max-height: 300px; overflow: auto; border: 1px solid var(--jx-line); border-radius: 4px; }
.jx-view .jx-table { border-collapse: collapse; margin: 0; color: var(--jx-text); font-size: 12px; table-layout: auto; width: max-content; }
.jx-view .jx-table th, .jx-view .jx-table td { padding: 3px 10px; text-align: left; border-bottom: 1px solid var(--jx-line); white-space: nowrap; max-width: 320px; overflow: hidden; text-overflow: ellipsis; background: none; }
.jx-view .jx-table th { position: sticky; top: 0; background: var(--jx-sunken); font-weight: 600; }
.jx-view .jx-table .jx-number { text-align: right; }
.jx-image { max-width: 100%; max-height: 420px; background: #fff; border-radius: 4px; }
.jx-page { box-sizing: border-box; width: 100%; height: 320px; border: 1px solid var(--jx-line); border-radius: 4px; background: #fff; }
.jx-output a, .jx-view .jx-all { color: var(--jp-content-link-color, var(--jx-active)); text-decoration: none; overflow-wrap: anywhere; }
.jx-output a:hover, .jx-all:hover { text-decoration: underline; }
.jx-step { display: grid; grid-template-columns: 110px max-content minmax(0, 1fr); gap: 12px; padding: 2px 0; overflow-wrap: anywhere; }
.jx-output-size, .jx-muted { color: var(--jx-muted); }
.jx-view .jx-args { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 16px; margin: 4px 0 0; }
.jx-args dt { color: var(--jx-muted); }
.jx-args dd { overflow-wrap: anywhere; }
.jx-log-bar { display: flex; gap: 4px; align-items: center; margin: 6px 0; }
.jx-view .jx-log, .jx-view .jx-tail {
  box-sizing: border-box; margin: 0; padding: 8px 10px; max-height: 260px; min-height: 34px; overflow: auto;
  white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 4px;
  background: var(--jx-sunken); color: var(--jx-text);
  font-family: var(--jp-code-font-family, ui-monospace, monospace); font-size: 12px; line-height: 1.4;
}
.jx-card:has(> .jx-fold[open] > .jx-log) > .jx-tail { display: none; } /* the log says it, too */
.jx-view .jx-tail { margin-top: 6px; max-height: 120px; }
.jx-actions { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-top: 12px; }
.jx-button {
  font: inherit; color: var(--jx-text); background: transparent; cursor: pointer;
  border: 1px solid var(--jx-edge); border-radius: 4px; padding: 3px 12px; line-height: 18px;
}
.jx-actions:not(:has(button)) { display: none; }
.jx-tools { display: contents; }
.jx-drawer { margin-top: 12px; border-top: 1px solid var(--jx-line); padding-top: 10px; }
.jx-form { display: flex; flex-direction: column; gap: 6px; align-items: flex-start; }
.jx-field { display: grid; grid-template-columns: minmax(90px, max-content) minmax(0, 1fr); gap: 2px 12px; align-items: center; width: 100%; max-width: 560px; }
.jx-field > .jx-problem { grid-column: 2; margin: 0; }
.jx-form > .jx-fold { width: 100%; }
.jx-form > .jx-fold .jx-field { margin-top: 6px; }
.jx-input {
  box-sizing: border-box; font: inherit; font-family: var(--jp-code-font-family, ui-monospace, monospace); font-size: 12px; width: 100%; min-width: 0;
  padding: 4px 8px; color: var(--jx-text); background: var(--jx-paper); border: 1px solid var(--jx-edge); border-radius: 4px;
}
.jx-input:read-only:not(select) { background: var(--jx-sunken); color: var(--jx-muted); }
.jx-input[aria-invalid=true] { border-color: var(--jx-bad); }
.jx-primary { border-color: var(--jx-active); color: color-mix(in srgb, var(--jx-active) 80%, var(--jx-strong)); font-weight: 600; }
.jx-drawer .jx-muted { margin: 6px 0 0; }
.jx-button[aria-expanded=true] { background: var(--jx-sunken); }
.jx-member { display: grid; grid-template-columns: max-content minmax(0, 1fr) auto; gap: 12px; padding: 2px 0; align-items: baseline; }
.jx-member .jx-muted { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.jx-button:hover:not(:disabled) { background: var(--jx-sunken); }
.jx-button:disabled { opacity: 0.55; cursor: default; }
.jx-button[aria-pressed=true] { background: var(--jx-sunken); font-weight: 600; }
.jx-small { padding: 0 8px; border-color: transparent; }
.jx-tool { display: inline-flex; padding: 3px; border: none; border-radius: 4px; background: transparent; color: var(--jx-muted); cursor: pointer; }
.jx-tool:hover:not(:disabled) { background: var(--jx-sunken); color: var(--jx-strong); }
.jx-tool:disabled { opacity: 0.4; cursor: default; }
.jx-view :focus-visible { outline: 2px solid var(--jx-active); outline-offset: 1px; }
.jx-table-top, .jx-table-head, .jx-bulk { display: flex; gap: 8px; align-items: center; margin: 8px 0; flex-wrap: wrap; }
.jx-table-head { flex: 1; margin: 0; }
.jx-table-head .jx-input { flex: 1 1 120px; }
.jx-table-head .jx-narrow { flex: 0 1 124px; }
.jx-table-head select { font-family: inherit; }
.jx-table-head input.jx-narrow { flex-basis: 64px; }
.jx-bulk { min-height: 26px; margin: 0; }
.jx-grid { position: relative; overflow: auto; border: 1px solid var(--jx-line); border-radius: 4px; }
.jx-grid-space { position: relative; }
.jx-grid-row {
  position: absolute; left: 0; right: 0; height: 28px; box-sizing: border-box; padding: 0 8px; border-bottom: 1px solid var(--jx-line);
  display: grid; grid-template-columns: 18px 18px minmax(0, 3fr) minmax(0, 7fr) minmax(52px, auto) auto; gap: 8px; align-items: center;
}
.jx-view .jx-grid-row:focus-visible { outline-offset: -2px; }
.jx-grid-row:hover { background: color-mix(in srgb, var(--jx-sunken) 55%, transparent); }
.jx-grid-row.jx-found { background: color-mix(in srgb, var(--jx-active) 14%, transparent); }
.jx-cut { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.jx-grid-row .jx-row-title { max-width: 100%; }
.jx-whole { grid-column: 1 / -1; }
.jx-take { width: 52px; text-align: right; }
.jx-counts { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 6px 0 0; color: var(--jx-muted); }
.jx-counts span { display: inline-flex; align-items: center; gap: 5px; }
.jx-counts .jx-icon { width: 13px; height: 13px; color: var(--jx-tone); }
.jx-failure { padding: 2px 0; display: inline-grid; grid-template-columns: max-content minmax(0, 1fr); gap: 12px; vertical-align: top; max-width: calc(100% - 20px); }
.jx-fold > summary:has(> .jx-failure) { width: auto; }
.jx-fold > summary > .jx-failure { font-weight: normal; color: var(--jx-text); }
.jx-fold > .jx-plain { margin-left: 14px; }
.jx-failure span:last-child { color: var(--jx-muted); overflow-wrap: anywhere; }
.jx-list { list-style: none; margin: 0; padding: 0; }
.jx-list .jx-list { margin-left: 14px; border-left: 1px solid var(--jx-line); }
.jx-row { border-bottom: 1px solid var(--jx-line); }
.jx-list .jx-list .jx-row:last-child { border-bottom: none; }
.jx-row-main {
  display: grid; grid-template-columns: 16px minmax(0, 1fr) auto auto; align-items: center;
  gap: 0 8px; padding: 6px 8px 6px 10px; min-height: 28px;
}
.jx-row-main:hover { background: color-mix(in srgb, var(--jx-sunken) 55%, transparent); }
.jx-row-main > .jx-icon, .jx-row-icon { color: var(--jx-tone); display: inline-flex; }
.jx-row-title {
  font: inherit; font-weight: 600; text-align: left; color: var(--jx-strong); background: none; border: none; padding: 0;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0;
}
button.jx-row-title { cursor: pointer; border-radius: 2px; }
button.jx-row-title:hover { text-decoration: underline; }
.jx-row-time { color: var(--jx-muted); white-space: nowrap; text-align: right; }
.jx-row-tools { display: inline-flex; gap: 1px; min-width: 22px; justify-content: flex-end; }
.jx-row-line { grid-column: 2 / -1; font-size: 12px; color: var(--jx-muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.jx-row-line b { font-weight: 600; font-size: 11px; color: color-mix(in srgb, var(--jx-tone) 66%, var(--jx-strong)); }
.jx-row-bar { grid-column: 2 / -1; margin-top: 4px; }
.jx-row-bar .jx-track { height: 4px; }
.jx-row-bar .jx-progress-text { font-size: 12px; }
.jx-row > .jx-problem { margin: 0; padding: 0 8px 6px 34px; font-size: 12px; }
.jx-row-jobs > summary { margin: 0 8px 6px 34px; font-size: 12px; color: var(--jx-muted); cursor: pointer; width: fit-content; }
.jx-empty { padding: 12px; color: var(--jx-muted); }
.jx-hidden-text { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:is(.jx-still, .jx-away) :is(.jx-icon circle, .jx-unknown .jx-fill) { animation: none; }
.jx-away :is(.jx-actions, .jx-row-tools, .jx-bulk, .jx-take, .jx-drawer button) { visibility: hidden; }
@media (prefers-reduced-motion: reduce) { .jx-view * { animation: none !important; transition: none !important; } }
@media (forced-colors: active) { .jx-fill { background: Highlight; } }
`;

const ID = 'jobs-ext-style';

/** Adds the style sheet to the document, or to the shadow tree, that `element` is in, once. */
export function ensureStyle(element: HTMLElement): void {
  const tree = element.getRootNode();
  const home = tree instanceof ShadowRoot ? tree : document.head;
  if (home.querySelector(`#${ID}`) === null) {
    const style = document.createElement('style');
    style.id = ID;
    style.textContent = CSS;
    home.append(style);
  }
}
