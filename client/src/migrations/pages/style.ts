/** How pages look: by the variables of VS Code's theme alone. */
export const STYLE = `
body { padding: 12px 20px 24px; color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); }
h1 { font-size: 1.4em; font-weight: 600; margin: 0; } h2 { font-size: 1.1em; font-weight: 600; margin: 18px 0 6px; }
header { display: flex; gap: 10px; align-items: center; flex-wrap: wrap; margin-bottom: 8px; } header h1 { flex: 1 1 auto; }
p { margin: 6px 0; }
:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 1px; }
button { font: inherit; color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryBackground);
  border: 1px solid var(--vscode-button-secondaryBorder, var(--vscode-contrastBorder, transparent)); border-radius: 2px; padding: 3px 11px; cursor: pointer; }
button:hover { background: var(--vscode-button-secondaryHoverBackground); }
button.primary { color: var(--vscode-button-foreground); background: var(--vscode-button-background);
  border-color: var(--vscode-button-border, var(--vscode-contrastBorder, transparent)); }
button.primary:hover { background: var(--vscode-button-hoverBackground); }
button.link { color: var(--vscode-textLink-foreground); background: none; border: 0; padding: 0; text-align: left; }
button.link:hover { text-decoration: underline; } button:disabled { opacity: .5; cursor: default; }
input { font: inherit; color: var(--vscode-input-foreground); background: var(--vscode-input-background);
  border: 1px solid var(--vscode-input-border, var(--vscode-contrastBorder, transparent)); border-radius: 2px; padding: 3px 6px; }
input[type=number] { width: 5em; } input[type=text] { width: 22em; max-width: 100%; } input::placeholder { color: var(--vscode-input-placeholderForeground); }
.faint { color: var(--vscode-descriptionForeground); } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.sign { display: inline-block; width: 1.3em; text-align: center; text-indent: 0; font-weight: 700; }
.ready { color: var(--vscode-charts-green); } .warnings { color: var(--vscode-list-warningForeground, var(--vscode-editorWarning-foreground)); }
.blocked { color: var(--vscode-list-errorForeground, var(--vscode-errorForeground)); } .running { color: var(--vscode-charts-blue); }
.legend > span { margin-right: 14px; } .actions { display: flex; gap: 8px; flex-wrap: wrap; }
.scroll { overflow: auto; max-height: 65vh; width: fit-content; max-width: 100%; border: 1px solid var(--vscode-editorWidget-border, var(--vscode-contrastBorder)); }
table { border-collapse: collapse; }
.matrix { border-collapse: separate; border-spacing: 0; }
.matrix th { font-weight: 400; background: var(--vscode-editor-background); text-align: left; white-space: nowrap; padding: 3px 10px; }
.matrix thead th { position: sticky; top: 0; z-index: 1; vertical-align: bottom; padding: 6px 4px; }
.matrix tbody th { position: sticky; left: 0; max-width: 22em; overflow: hidden; text-overflow: ellipsis; }
.matrix .corner { left: 0; z-index: 2; color: var(--vscode-descriptionForeground); padding: 6px 10px; }
.corner span { display: block; } .corner span + span { text-align: right; }
.upright { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 16em; overflow: hidden; text-overflow: ellipsis; }
.matrix td { width: 30px; min-width: 30px; height: 26px; text-align: center; font-weight: 700; cursor: pointer;
  border-top: 1px solid var(--vscode-editorWidget-border, var(--vscode-contrastBorder)); border-left: 1px solid var(--vscode-editorWidget-border, var(--vscode-contrastBorder)); }
.matrix td:hover, .matrix tr.found th { background: var(--vscode-list-hoverBackground); }
.matrix td[aria-selected] { background: var(--vscode-list-inactiveSelectionBackground); outline: 2px solid var(--vscode-contrastActiveBorder, var(--vscode-focusBorder)); outline-offset: -2px; }
.matrix td:focus-visible { outline: 2px solid var(--vscode-focusBorder); outline-offset: -2px; }
.matrix td.same { color: var(--vscode-descriptionForeground); font-weight: 400; }
.matrix tr.found th { outline: 1px dashed var(--vscode-focusBorder); outline-offset: -1px; }
.findings { list-style: none; margin: 4px 0; padding: 0; } .findings li { margin: 5px 0; padding-left: 1.6em; text-indent: -1.6em; }
.list th { text-align: left; font-weight: 400; } .list thead th { color: var(--vscode-descriptionForeground); }
.list th, .list td { padding: 4px 14px 4px 0; vertical-align: top; border-bottom: 1px solid var(--vscode-editorWidget-border, var(--vscode-contrastBorder)); }
.list thead th.number { text-align: right; } .list tbody th { font-weight: 600; } .stay > li { margin: 6px 0; }
form { display: flex; flex-direction: column; gap: 10px; margin: 12px 0; align-items: flex-start; }
.banner { margin: 8px 0; padding: 8px 10px; color: var(--vscode-inputValidation-warningForeground, var(--vscode-foreground));
  background: var(--vscode-inputValidation-warningBackground); border: 1px solid var(--vscode-inputValidation-warningBorder); }
figure { margin: 12px 0 0; } figcaption { margin-bottom: 4px; } .key { margin-left: 16px; white-space: nowrap; }
.line { display: inline-block; width: 24px; border-top: 3px solid; vertical-align: middle; margin-right: 6px; }
.gap { display: inline-block; width: 12px; height: 12px; background: var(--vscode-charts-red); opacity: .5; vertical-align: -1px; margin-right: 6px; }
summary { cursor: pointer; margin-top: 12px; } [hidden] { display: none !important; }
.uplot, .uplot * { box-sizing: border-box; } .u-wrap { position: relative; user-select: none; } .u-over, .u-under { position: absolute; }
.uplot canvas { display: block; position: relative; width: 100%; height: 100%; } .u-axis { position: absolute; } .u-select { position: absolute; pointer-events: none; }
.u-cursor-x, .u-cursor-y { position: absolute; left: 0; top: 0; pointer-events: none; } .u-off { display: none; }
.u-cursor-x { height: 100%; border-right: 1px dashed var(--vscode-descriptionForeground); } .u-cursor-y { display: none; }
.u-cursor-pt { position: absolute; top: 0; left: 0; border-radius: 50%; pointer-events: none; }
`;
