using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.Text;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Bolt.TestKit.Generator;

/// <summary>
/// Boltfile text -> outline. Only names, comments and what a service comes from are read: all that Bolt has to say about the rest is
/// said by Bolt.MSBuild and by the start. A broken file is read as far as it goes, so that its own error is not lost among those of
/// every test that uses the stack.
/// </summary>
internal sealed class OutlineReader
{
    private static readonly Regex RedefinedKey = new("`(?<key>[^`]*)`[^(]*\\((?<line>[0-9]+)", RegexOptions.CultureInvariant);

    private const string Services = "services";

    private readonly string _path;
    private readonly SourceText _text;
    private readonly string _class;
    private readonly Dictionary<string, ServiceOutline> _services = [];
    private readonly List<ServiceOutline> _order = [];
    private readonly List<Finding> _findings = [];
    private string _project = "", _top = "";

    private OutlineReader(string path, SourceText text, string className) => (_path, _text, _class) = (path, text, className);

    public static StackOutline Read(WantedStack wanted, CancellationToken cancellation)
    {
        if (wanted.File.GetText(cancellation) is not { } text)
        {
            var unreadable = new Finding(FindingKind.Unreadable, wanted.File.Path, 0, 0, 0, wanted.File.Path, "");
            return new StackOutline(wanted.File.Path, wanted.Located, wanted.Namespace, wanted.Class, "", default, new([unreadable]));
        }
        var reader = new OutlineReader(wanted.File.Path, text, wanted.Class);
        reader.ReadDocument(text.ToString().TrimStart('\uFEFF'));
        return new StackOutline(
            wanted.File.Path, wanted.Located, wanted.Namespace,
            wanted.Class.Length > 0 ? wanted.Class : Identifier.Pascal(reader._project) + "Stack",
            reader._top, new([.. reader._order.Select(s => reader._services[s.Name])]), new([.. reader._findings]));
    }

    private void ReadDocument(string text)
    {
        try
        {
            var plain = SyntaxParser.Parse(text, _path, validate: false);
            // The validating pass mixes its findings with follow-on errors of a broken text.
            var document = plain.HasErrors ? plain : SyntaxParser.Parse(text, _path, validate: true);
            if (document.Diagnostics.FirstOrDefault(d => d.Kind == DiagnosticMessageKind.Error) is { } first) Add(plain.HasErrors, first);
            ReadServices(document);
        }
        catch (Exception e) when (e is TomlException or ArgumentException or FormatException or OverflowException)
        {
            // Tomlyn 2.10.2 throws instead of collecting for a nesting deeper than 64 and for an escape cut off by the end.
            _findings.Add(new Finding(FindingKind.Syntax, _path, 0, 0, 0, e.Message, ""));
        }
    }

    private void Add(bool broken, DiagnosticMessage message)
    {
        var (start, end) = (message.Span.Start, message.Span.End);
        var length = end.Line == start.Line ? Math.Max(1, end.Column - start.Column + 1) : 1;
        var match = RedefinedKey.Match(message.Message);
        _findings.Add(broken || !match.Success
            ? new Finding(FindingKind.Syntax, _path, start.Line, start.Column, length, message.Message.TrimEnd('.'), "")
            : new Finding(FindingKind.Redefined, _path, start.Line, start.Column, length, match.Groups["key"].Value, match.Groups["line"].Value));
    }

    private void ReadServices(DocumentSyntax document)
    {
        foreach (var pair in document.KeyValues) ReadPair([], pair);
        foreach (var table in document.Tables)
        {
            if (table.Name is not { } name) continue;
            var parts = Parts(name);
            // `[services.db]` is where the comment of `db` stands; `[services.db.auth]` has one of its own.
            if (parts.Length >= 2 && parts[0] == Services) See(parts[1], name, described: parts.Length == 2);
            foreach (var pair in table.Items) ReadPair(parts, pair);
        }
    }

    private void ReadPair(ImmutableArray<string> table, KeyValueSyntax pair)
    {
        if (pair.Key is not { } key) return;
        ImmutableArray<string> parts = [.. table, .. Parts(key)];
        if (parts.Length == 1 && parts[0] == "project" && pair.Value is StringValueSyntax project)
        {
            _project = project.Value ?? "";
            _top = CommentAbove(key.Span.Start.Line);
        }
        if (parts.Length < 2 || parts[0] != Services) return;
        var service = parts[1];
        if (table.Length < 2) See(service, key, described: parts.Length <= 3);
        if (pair.Value is InlineTableSyntax inline)
        {
            foreach (var item in inline.Items)
            {
                if (item.KeyValue is { } inner) ReadPair(parts, inner);
            }
        }
        else if (parts.Length == 3 && parts[2] is ("image" or "build" or "capsule")
            && pair.Value is StringValueSyntax source && _services.TryGetValue(service, out var known))
        {
            _services[service] = known with { Source = source.Value ?? "" };
        }
    }

    private void See(string service, SyntaxNode at, bool described)
    {
        var summary = described ? CommentAbove(at.Span.Start.Line) : "";
        if (_services.TryGetValue(service, out var known))
        {
            if (known.Summary.Length == 0 && summary.Length > 0) _services[service] = known with { Summary = summary };
            return;
        }
        var member = Identifier.Member(service, _class);
        if (_order.FirstOrDefault(s => s.Member == member) is { } other)
        {
            var (start, end) = (at.Span.Start, at.Span.End);
            _findings.Add(new Finding(FindingKind.SameMember, _path, start.Line, start.Column, Math.Max(1, end.Column - start.Column + 1), service, other.Name));
            return;
        }
        _services[service] = new ServiceOutline(service, member, summary, "");
        _order.Add(_services[service]);
    }

    private string CommentAbove(int line)
    {
        var lines = new List<string>();
        for (var n = line - 1; n >= 0 && n < _text.Lines.Count; n--)
        {
            var text = _text.ToString(_text.Lines[n].Span).Trim();
            if (!text.StartsWith("#", StringComparison.Ordinal)) break;
            // `#:schema …` speaks to editors.
            if (!text.StartsWith("#:", StringComparison.Ordinal)) lines.Insert(0, text.TrimStart('#').Trim());
        }
        return string.Join("\n", lines).Trim();
    }

    private static ImmutableArray<string> Parts(KeySyntax key) =>
        [.. new[] { key.Key }.Concat(key.DotKeys.Select(d => d.Key)).Select(Text)];

    private static string Text(BareKeyOrStringValueSyntax? key) => key switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax quoted => quoted.Value ?? "",
        _ => "",
    };
}
