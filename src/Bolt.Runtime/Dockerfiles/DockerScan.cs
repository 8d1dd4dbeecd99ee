using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Bolt.Dockerfiles;

/// <summary>A piece of an instruction's text.</summary>
internal readonly record struct ScannedWord(string Text, int Offset);

/// <summary>How instructions cut their text into words. Pure; offsets are those of the joined line.</summary>
internal static class DockerScan
{
    /// <summary>Cut at blanks alone (COPY, EXPOSE, FROM).</summary>
    public static ImmutableArray<ScannedWord> Fields(string text, int from)
    {
        var words = ImmutableArray.CreateBuilder<ScannedWord>();
        for (var i = from; i < text.Length;)
        {
            if (IsBlank(text[i]))
            {
                i++;
                continue;
            }
            var start = i;
            while (i < text.Length && !IsBlank(text[i]))
            {
                i++;
            }
            words.Add(new ScannedWord(text[start..i], start));
        }
        return words.ToImmutable();
    }

    /// <summary>Cut at blanks outside of quotes; quotes and escapes stay in the words (ENV, LABEL, ARG, flags).</summary>
    public static ImmutableArray<ScannedWord> Quoted(string text, int from, char escape, bool flagsOnly = false)
    {
        var words = ImmutableArray.CreateBuilder<ScannedWord>();
        for (var i = from; i < text.Length;)
        {
            if (IsBlank(text[i]))
            {
                i++;
                continue;
            }
            if (flagsOnly && !text.AsSpan(i).StartsWith("--"))
            {
                break;
            }
            var start = i;
            i = EndOfQuoted(text, i, escape);
            words.Add(new ScannedWord(text[start..i], start));
            if (flagsOnly && words[^1].Text == "--")
            {
                break;
            }
        }
        return words.ToImmutable();
    }

    /// <summary>The arguments of a JSON array of strings; null when the text is none.</summary>
    public static ImmutableArray<string>? Json(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("["))
        {
            return null;
        }
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Array && document.RootElement.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String)
                ? [.. document.RootElement.EnumerateArray().Select(e => e.GetString()!)] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Quotes and escapes taken away, nothing expanded: a heredoc's name.</summary>
    public static string Unquote(string word) => new StringBuilder(word).Replace("\"", "").Replace("'", "").Replace("\\", "").ToString();

    /// <summary>Inside quotes at its end?</summary>
    public static bool IsOpen(string word, char escape)
    {
        char? quote = null;
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] == escape && quote != '\'')
            {
                i++;
            }
            else if (quote is null ? word[i] is '"' or '\'' : word[i] == quote)
            {
                quote = quote is null ? word[i] : null;
            }
        }
        return quote is not null;
    }

    public static bool IsBlank(char c) => c is ' ' or '\t' or '\v' or '\f' or '\r';

    private static int EndOfQuoted(string text, int i, char escape)
    {
        char? quote = null;
        for (; i < text.Length && (quote is not null || !IsBlank(text[i])); i++)
        {
            if (text[i] == escape && quote != '\'')
            {
                i++;
            }
            else if (quote is null ? text[i] is '"' or '\'' : text[i] == quote)
            {
                quote = quote is null ? text[i] : null;
            }
        }
        return Math.Min(i, text.Length);
    }
}
