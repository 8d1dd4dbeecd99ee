using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Bolt.Boltfiles;

/// <summary>TOML text -> a table to read strictly, with every syntax error found on the way.</summary>
internal static class TomlDocument
{
    /// <summary>Larger than any hand-written file; a bound for what is parsed at all.</summary>
    public const int MaxLength = 1 << 20;

    /// <summary>A file's text; returns why it cannot be had, or null.</summary>
    public static string? ReadText(string path, out string text)
    {
        var errno = PlainFile.Read(path, MaxLength, out var bytes);
        using var reader = new StreamReader(new MemoryStream(bytes));
        text = reader.ReadToEnd();
        return errno switch
        {
            Errno.None => null,
            Errno.ENOENT or Errno.ENOTDIR => "no such file",
            _ => errno.Text(),
        };
    }

    /// <summary>
    /// Null when the text is no TOML. Keys defined twice are errors among the findings, but the rest is still read.
    /// </summary>
    /// <param name="file">The path that positions name.</param>
    /// <param name="text">The whole text.</param>
    /// <param name="what">How sentences call the top level: "the Boltfile", "the recipe".</param>
    /// <param name="findings">Receives what is wrong.</param>
    public static TomlTable? Parse(string file, string text, string what, TomlFindings findings)
    {
        text = text.TrimStart('\uFEFF');
        var source = new SourceText(file, text);
        if (text.Length > MaxLength)
        {
            findings.Add(BoltfileErrors.TooLarge(source.Start, MaxLength));
            return null;
        }
        var document = Syntax(file, text, source, findings);
        if (document is null)
        {
            return null;
        }
        return new TomlTable(new TomlBuilder(source).Build(document), "", what, findings);
    }

    private static DocumentSyntax? Syntax(string file, string text, SourceText source, TomlFindings findings)
    {
        try
        {
            // The validating pass mixes its findings with follow-on errors of a broken text: first without it.
            var plain = SyntaxParser.Parse(text, file, validate: false);
            if (plain.HasErrors)
            {
                AddSyntaxErrors(plain, source, findings);
                return null;
            }
            var document = SyntaxParser.Parse(text, file, validate: true);
            foreach (var message in document.Diagnostics.Where(m => m.Kind == DiagnosticMessageKind.Error))
            {
                findings.Add(BoltfileErrors.Redefined(source.Span(message.Span), message.Message));
            }
            return document;
        }
        catch (Exception e) when (e is TomlException or ArgumentException or FormatException or OverflowException)
        {
            // Tomlyn 2.10.2 throws instead of collecting for a nesting deeper than 64 and for an escape cut off by the
            // end of the text.
            findings.Add(BoltfileErrors.Syntax(source.Start, e.Message));
            return null;
        }
    }

    private static void AddSyntaxErrors(DocumentSyntax document, SourceText source, TomlFindings findings)
    {
        // One missing bracket gives a message for every token until the parser is back in step: the first is enough.
        var last = -2;
        foreach (var message in document.Diagnostics.Where(m => m.Kind == DiagnosticMessageKind.Error))
        {
            var line = message.Span.Start.Line;
            var follows = line >= last && line <= last + 1;
            last = line;
            if (!follows)
            {
                findings.Add(BoltfileErrors.Syntax(source.Span(message.Span), message.Message));
            }
        }
    }
}
