using System.Collections.Immutable;
using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Dockerfiles;

internal sealed partial class InstructionReader
{
    // Whether a word can be expanded at all is known without its variables.
    private DockerWord Checked(DockerWord word)
    {
        var expansion = new DockerExpansion(escape, _ => "x");
        if (expansion.Expand(word.Raw) is null)
        {
            found.Add(expansion.Problem == "a quote is not closed"
                ? DockerfileErrors.OpenQuote(word.At)
                : DockerfileErrors.BadSubstitution(Inside(word, expansion.ProblemAt), expansion.Problem!));
        }
        return word;
    }

    private static SourceSpan Inside(DockerWord word, int offset) =>
        offset < word.At.Length ? word.At with { Column = word.At.Column + offset, Length = Math.Max(1, word.At.Length - offset) } : word.At;

    private ImmutableArray<DockerWord>? Words(string wanted, string example)
    {
        var words = DockerScan.Fields(line.Text, rest);
        if (words.Length > 0)
        {
            return [.. words.Select(w => Checked(Word(w)))];
        }
        Missing<DockerInstruction>(wanted, example);
        return null;
    }

    private ImmutableArray<DockerWord>? JsonWords() => DockerScan.Json(Rest) is not { } arguments ? null
        // A span of its own for each: heredocs are told apart by theirs.
        : [.. arguments.Select((a, i) => Checked(new DockerWord(a, line.Span(Math.Max(rest, line.Text.IndexOf('"' + a + '"', rest, StringComparison.Ordinal)), a.Length + 2))))];

    private DockerWord? Whole(string wanted, string example)
    {
        var start = line.Text.Length - Rest.TrimStart().Length;
        if (start < line.Text.Length && rest < line.Text.Length)
        {
            return Checked(new DockerWord(line.Text[start..], line.Span(start, line.Text.Length - start)));
        }
        Missing<DockerInstruction>(wanted, example);
        return null;
    }

    private ImmutableArray<DockerPair>? Pairs(string name)
    {
        var words = DockerScan.Quoted(line.Text, rest, escape);
        if (words.Length == 0)
        {
            Missing<DockerInstruction>("NAME=value", $"{name} NAME=value");
            return null;
        }
        // "ENV NAME the rest of the line", of the days before `=`.
        if (!words[0].Text.Contains('='))
        {
            if (words.Length < 2)
            {
                found.Add(DockerfileErrors.BadPair(line.Span(words[0].Offset, words[0].Text.Length), name, words[0].Text));
                return null;
            }
            found.Add(DockerfileErrors.Check(line.Span(words[0].Offset, words[0].Text.Length), "LegacyKeyValueFormat", $"`{name} NAME value` is the old form", $"write `{name} {words[0].Text}=…`"));
            var value = new ScannedWord(line.Text[words[1].Offset..], words[1].Offset);
            return [new DockerPair(Checked(Word(words[0])), Checked(Word(value)))];
        }
        var pairs = ImmutableArray.CreateBuilder<DockerPair>();
        foreach (var word in words)
        {
            if (Pair(word) is { Name.Raw.Length: > 0 } pair)
            {
                pairs.Add(pair);
                continue;
            }
            found.Add(DockerfileErrors.BadPair(line.Span(word.Offset, word.Text.Length), name, word.Text));
        }
        return pairs.ToImmutable();
    }

    private DockerPair? Pair(ScannedWord word)
    {
        var equals = word.Text.IndexOf('=');
        if (equals < 0)
        {
            return null;
        }
        return new DockerPair(
            Checked(Word(new ScannedWord(word.Text[..equals], word.Offset))),
            Checked(Word(new ScannedWord(word.Text[(equals + 1)..], word.Offset + equals + 1))));
    }

    private ImmutableArray<DockerWord> CheckPorts(ImmutableArray<DockerWord> ports)
    {
        foreach (var port in ports.Where(p => !p.Raw.Contains('$') && !IsPort(p.Raw)))
        {
            found.Add(DockerfileErrors.BadPort(port.At, port.Raw));
        }
        return ports;
    }

    /// <summary>"80", "80/tcp", "8000-8010/udp".</summary>
    public static bool IsPort(string text)
    {
        var (numbers, protocol) = text.Split('/') switch
        {
            [var only] => (only, "tcp"),
            [var before, var after] => (before, after.ToLowerInvariant()),
            _ => ("", ""),
        };
        return protocol is "tcp" or "udp" or "sctp"
            && numbers.Split('-') is { Length: 1 or 2 } ends
            && ends.All(e => int.TryParse(e, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535);
    }

    private DockerInstruction.Healthcheck? Healthcheck()
    {
        var words = DockerScan.Fields(line.Text, rest);
        if (words is [var none] && none.Text.Equals("NONE", StringComparison.OrdinalIgnoreCase))
        {
            return new DockerInstruction.Healthcheck(At, line.Text, new DockerHealth(null, null, null, null, null, null));
        }
        if (words.Length < 2 || !words[0].Text.Equals("CMD", StringComparison.OrdinalIgnoreCase))
        {
            return Missing<DockerInstruction.Healthcheck>("`CMD` and a command, or `NONE`", "HEALTHCHECK CMD curl -f http://localhost/");
        }
        rest = words[1].Offset;
        var retries = flags.Word("retries");
        if (retries is not null && !(int.TryParse(retries.Raw, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 0))
        {
            found.Add(DockerfileErrors.BadFlag(retries.At, retries.Raw, "is no number", "write `--retries=3`"));
        }
        return new DockerInstruction.Healthcheck(At, line.Text, new DockerHealth(
            Command(), flags.Time("interval"), flags.Time("timeout"), flags.Time("start-period"), flags.Time("start-interval"),
            int.TryParse(retries?.Raw, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null));
    }
}
