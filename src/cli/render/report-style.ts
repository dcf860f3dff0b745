// The look of the report. System fonts, no images; light and dark follow the reader's settings; one column on a phone.

export const style = `
:root{color-scheme:light dark;
--paper:#f6f7f8;--card:#fff;--ink:#1b2128;--soft:#5f6b78;--line:#e2e6ea;--grid:#e9ecef;
--p50:#1f6fd0;--p95:#8b5bd4;--p99:#d2568a;--good:#12794a;--bad:#c5342b;--warn:#96600a;
--reference:#93a1b0;--current:#3b83d9;--spike:#e0a030;--good-paper:#e3f4ea;--bad-paper:#fbe7e5}
@media (prefers-color-scheme:dark){:root{
--paper:#111519;--card:#191f25;--ink:#e7ebef;--soft:#98a5b3;--line:#2a323a;--grid:#262e36;
--p50:#5aa2f2;--p95:#b08cf0;--p99:#f07fae;--good:#4cc38a;--bad:#f0776c;--warn:#e2b04a;
--reference:#748394;--current:#4d94e8;--spike:#e0b050;--good-paper:#15301f;--bad-paper:#3a1d1b}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1040px;margin:0 auto;padding:28px 20px 48px}
header{margin-bottom:20px}
h1{font-size:15px;font-weight:600;margin:0 0 6px;color:var(--soft)}
h1 b{color:var(--ink)}
.verdict{font-size:27px;line-height:1.25;font-weight:650;letter-spacing:-.012em;margin:0;text-wrap:balance}
.verdict::before{content:"";display:inline-block;width:.56em;height:.56em;border-radius:50%;margin-right:.42em;background:var(--soft);vertical-align:.06em}
.ok .verdict::before{background:var(--good)}
.alert .verdict::before{background:var(--bad)}
.about{color:var(--soft);margin:6px 0 0}
.alerts{list-style:none;margin:16px 0 0;padding:0;display:grid;gap:8px}
.alerts li{background:var(--bad-paper);border-left:3px solid var(--bad);border-radius:4px;padding:9px 14px}
.alerts b{font-weight:600}
.alerts span{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:1px;background:var(--line);border:1px solid var(--line);border-radius:10px;overflow:hidden;margin:0 0 20px}
.tiles div{background:var(--card);padding:12px 14px;min-width:0}
.tiles dt{font-size:12.5px;color:var(--soft)}
.tiles dd{margin:1px 0 0;font-size:20px;font-weight:600;letter-spacing:-.01em;white-space:nowrap}
.tiles dd.bad{color:var(--bad)}
.tiles small{display:block;font-size:12px;font-weight:400;color:var(--soft);letter-spacing:0;overflow:hidden;text-overflow:ellipsis}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;margin:0 0 16px}
h2{font-size:16px;font-weight:620;margin:0}
.head{display:flex;flex-wrap:wrap;gap:2px 16px;align-items:baseline;margin-bottom:8px}
.head p{margin:0;color:var(--soft);font-size:13.5px}
.key{margin-left:auto;display:flex;gap:14px;font-size:12.5px;color:var(--soft)}
.key i{font-style:normal}
.key i::before{content:"";display:inline-block;width:12px;height:3px;border-radius:2px;margin-right:5px;vertical-align:.25em;background:currentColor}
.key .box::before{height:9px;border-radius:2px;vertical-align:-.02em}
.key .outline::before{height:9px;background:none;border:1.5px solid currentColor;border-bottom:0;border-radius:0;vertical-align:-.08em}
.k-p50{color:var(--p50)}.k-p95{color:var(--p95)}.k-p99{color:var(--p99)}.k-cur{color:var(--current)}.k-bad{color:var(--bad)}.k-ref{color:var(--reference)}.k-spike{color:var(--spike)}
.key i>em{font-style:normal;color:var(--soft)}
.chart svg{display:block;width:100%;height:auto;overflow:visible;font-family:inherit}
.narrow{display:none}
h3{font-size:13.5px;font-weight:600;margin:16px 0 2px}
h3 small{font-size:12.5px;font-weight:400;color:var(--soft);margin-left:6px}
.scroll{overflow-x:auto;margin:0 -18px;padding:0 18px}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-size:12.5px;font-weight:500;color:var(--soft);padding:4px 14px 6px 0;white-space:nowrap}
td{padding:8px 14px 8px 0;border-top:1px solid var(--line);vertical-align:middle}
td:last-child,th:last-child{padding-right:0}
td.n,th.n{text-align:right;white-space:nowrap}
td.name{font-weight:550;overflow-wrap:break-word}
td small,.note{color:var(--soft);font-size:12.5px;font-weight:400}
td small{display:block}
.moved{color:var(--bad);font-weight:600;white-space:nowrap}
.still{color:var(--good);white-space:nowrap}
.unknown{color:var(--soft);white-space:nowrap}
.stat{white-space:nowrap}
.stat small{display:inline}
.mini{display:block;width:200px;height:46px;overflow:visible}
.mini .ref{fill:var(--reference);fill-opacity:.2;stroke:var(--reference);stroke-width:1.3}
.mini .cur{fill:var(--current);fill-opacity:.82}
.ends{display:flex;justify-content:space-between;width:200px;font-size:10.5px;color:var(--soft);line-height:1.3}
.ends i{font-style:normal}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;font-size:14px}
.facts dt{color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
code{font:12.5px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
footer{color:var(--soft);font-size:12.5px;margin-top:20px}
@media (max-width:760px){
main{padding:20px 12px 32px}
.verdict{font-size:22px}
.tiles{grid-template-columns:repeat(2,1fr)}
.tiles dd{font-size:18px}
section{padding:14px 14px}
.wide{display:none}.narrow{display:block}
.key{margin-left:0;flex-wrap:wrap;gap:2px 12px}
.scroll{margin:0 -14px;padding:0 14px}
.stack thead{display:none}
.stack tr{display:grid;grid-template-columns:1fr auto;gap:2px 12px;padding:10px 0;border-top:1px solid var(--line)}
.stack tbody tr:first-child{border-top:0;padding-top:2px}
.stack td{border:0;padding:0}
.stack td.pic{grid-column:1/-1;padding-top:6px}
.stack td.stat,.stack td.why{grid-column:1/-1}
.stack td.n small{display:inline}
.stack .mini,.stack .ends{width:100%}.stack .mini{height:auto}
.stack td.what{grid-column:1/-1;grid-row:2}.stack td.what small{display:inline;margin-left:6px}
.stack td.time{order:-1}
.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:8px}
}
@media print{body{background:#fff}section{break-inside:avoid}}
`;
