/** Stylesheet of the pages under /docs: no font, image or script, light and dark. */
export const DOCS_STYLE = `:root {
  color-scheme: light dark;
  --text: light-dark(#1c2330, #e3e7ee);
  --dim: light-dark(#5a6475, #98a2b3);
  --ground: light-dark(#ffffff, #12161d);
  --panel: light-dark(#f5f7fa, #1a202a);
  --line: light-dark(#dde2ea, #2d3542);
  --accent: light-dark(#0b63c5, #6db3ff);
  --write: light-dark(#9a5b00, #f0b35a);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 5rem; max-width: 60rem;
  background: var(--ground); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
a { color: var(--accent); }
code, pre, .path {
  font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: 0.92em;
}
pre { padding: 0.75rem 1rem; overflow-x: auto; background: var(--panel); border-radius: 6px; }
header { border-bottom: 1px solid var(--line); padding-bottom: 1rem; }
header p, .access { color: var(--dim); }
nav ul { columns: 2 20rem; padding-left: 1.1rem; }
h1 { font-size: 1.7rem; margin: 0; }
h2 { margin-top: 2.5rem; text-transform: capitalize; }
section.operation {
  margin: 1rem 0; padding: 1rem 1.25rem; background: var(--panel);
  border: 1px solid var(--line); border-radius: 8px; scroll-margin-top: 1rem;
}
section.operation h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
section.operation p { margin: 0.35rem 0; }
.method { display: inline-block; min-width: 3.5rem; font-weight: 700; color: var(--accent); }
.method.post, .method.put, .method.patch, .method.delete { color: var(--write); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; font-size: 0.93rem; }
th, td {
  text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0;
  border-bottom: 1px solid var(--line);
}
th { color: var(--dim); font-weight: 600; }
tr:target td, section.operation:target { background: light-dark(#fff6d6, #3a3115); }
`;
