// Styles of the page at /.

export const style = `
:root { color-scheme: light dark; --ink: #1d2433; --dim: #667085; --line: #d9dee7; --paper: #fff; --ground: #f5f7fa; --accent: #2456c7; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --dim: #98a2b3; --line: #333b4a; --paper: #1a2030; --ground: #11151f; --accent: #7aa2ff; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header, main { max-width: 52rem; margin: 0 auto; padding: 1rem 1.25rem; }
header { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; }
h1 { font-size: 1.1rem; margin: 0; }
h2 { font-size: 1.25rem; margin: 0; }
a { color: var(--accent); }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem; margin-bottom: 1.25rem; }
.about { color: var(--dim); margin: .1rem 0 .9rem; font-size: .88rem; }
.ports { list-style: none; padding: 0; margin: 0 0 .9rem; }
.ports span { display: inline-block; width: 2.4rem; color: var(--dim); font-size: .8rem; }
code, pre, textarea { font: 13px/1.5 ui-monospace, monospace; }
label { color: var(--dim); font-size: .88rem; }
textarea { display: block; width: 100%; margin-top: .25rem; padding: .6rem; color: var(--ink); background: var(--ground); border: 1px solid var(--line); border-radius: 6px; resize: vertical; }
.row { display: flex; align-items: center; gap: .9rem; margin: .7rem 0; }
button { font: inherit; padding: .35rem 1.1rem; color: #fff; background: #2456c7; border: 0; border-radius: 6px; cursor: pointer; }
button:disabled { opacity: .5; cursor: default; }
button:focus-visible, textarea:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.state { color: var(--dim); font-size: .88rem; }
.state.bad { color: var(--bad); }
pre { margin: 0; padding: .7rem; max-height: 24rem; overflow: auto; background: var(--ground); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
.links { margin: .7rem 0 0; font-size: .88rem; display: flex; gap: 1rem; }
`;
