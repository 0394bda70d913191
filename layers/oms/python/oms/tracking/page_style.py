"""The style of the customer's tracking page. Its hash stands in the page's CSP header."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--ground:#f5f6f8;--card:#fff;--rule:#dfe3e8;--ink:#18212d;
--soft:#566273;--go:#1b6e45;--go-soft:#e3f3ea;font:16px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,sans-serif}
@media(prefers-color-scheme:dark){:root{--ground:#11161d;--card:#191f28;--rule:#2c3541;
--ink:#e5eaf1;--soft:#9fabbb;--go:#79cfa0;--go-soft:#17322a}}
*,::before,::after{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);overflow-wrap:anywhere}
main{max-width:36rem;margin:0 auto;padding:2rem 1rem 3rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem;letter-spacing:-.01em}
h2{font-size:1rem;margin:0 0 .25rem;display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
p{margin:0}ol,ul{list-style:none;margin:0;padding:0}
.over,.carrier,footer,time,.scans span{color:var(--soft)}
.lead{font-size:1.1rem}footer{font-size:.85rem;margin-top:1.5rem}
code{font:.85rem ui-monospace,Menlo,monospace}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
section,.progress{background:var(--card);border:1px solid var(--rule);border-radius:12px;
padding:1rem 1.1rem;margin-top:1rem}
.progress{margin-top:1.5rem}
.progress li{position:relative;padding:0 0 1.1rem 2rem}
.progress li:last-child{padding-bottom:0}
.progress li::before{content:"";position:absolute;left:.2rem;top:.35rem;width:.8rem;height:.8rem;
border-radius:50%;background:var(--go);z-index:1}
.progress li:not(:last-child)::after{content:"";position:absolute;left:.55rem;top:.8rem;
bottom:-.4rem;width:2px;background:var(--go)}
.progress .ahead{color:var(--soft)}.progress .ahead b{font-weight:500}
.progress .ahead::before{background:var(--card);border:2px solid var(--rule)}
.progress .ahead::after,.progress .now:not(:last-child)::after{background:var(--rule)}
.progress .now::before{box-shadow:0 0 0 4px var(--go-soft)}
.progress time{display:block;font-size:.875rem}
.state{font-size:.8rem;font-weight:600;color:var(--go);background:var(--go-soft);
border-radius:1rem;padding:0 .6rem}
.items{margin:.5rem 0}
.scans{border-top:1px solid var(--rule);padding-top:.6rem;display:grid;gap:.6rem}
.scans li{display:grid;font-size:.925rem}.scans b{font-weight:600}.scans time{font-size:.85rem}
"""
