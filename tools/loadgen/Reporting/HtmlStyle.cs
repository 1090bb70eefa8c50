namespace KvTcp.LoadGen;

/// <summary>The look of the page around the charts, in the colours of the charts.</summary>
internal static class HtmlStyle
{
    // Without < > & and quotes, which XML would escape, and browsers do not unescape in a style element.
    public const string Css = """
        :root{--back:#f3f5f7;--text:#1f2328;--quiet:#59636e;--line:#d9dee3;--card:#ffffff;--good:#1a7f37;--bad:#cf222e}
        @media (prefers-color-scheme:dark){
        :root{--back:#0d1116;--text:#e6edf3;--quiet:#9aa4af;--line:#2b323a;--card:#15191f;--good:#3fb950;--bad:#ff7b72}
        }
        body{margin:0;background:var(--back);color:var(--text);font:14px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif}
        main{max-width:808px;margin:0 auto;padding:24px}
        h1{font-size:24px;line-height:1.25;margin:0;overflow-wrap:anywhere}
        h2{font-size:16px;margin:32px 0 8px}
        .quiet{color:var(--quiet);margin:4px 0 16px}
        .lead{font-size:18px;margin:16px 0}
        .good,.bad{background:var(--card);border-left:4px solid var(--good);border-radius:6px;padding:8px 16px;margin:16px 0;overflow-wrap:anywhere}
        .bad{border-color:var(--bad)}
        .good strong{color:var(--good)}
        .bad strong{color:var(--bad)}
        .bad ul{margin:0;padding-left:16px}
        .scroll{background:var(--card);border-radius:6px;margin:16px 0;overflow-x:auto}
        .chart{display:block;width:100%;min-width:600px;height:auto}
        table{border-collapse:collapse;width:100%}
        th,td{padding:6px 12px;text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;border-bottom:1px solid var(--line)}
        tr:last-child td,tbody tr:last-child th{border-bottom:0}
        thead th{color:var(--quiet);font-weight:400}
        tbody th{text-align:left}
        table:not(:has(thead)) td{text-align:left;white-space:normal}
        """;
}
