using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Bolt.Boltfiles;
using Bolt.Diagnostics;

namespace Bolt.Tool;

/// <summary>Typed words that several verbs take, as values.</summary>
internal static class Words
{
    private const string PortShape = "`PORT`, `HOST:PORT` or `IP:HOST:PORT`, each with `/udp` after it or not";

    public static Argument<string[]> Services(string description) =>
        new("SERVICE") { Description = description, Arity = ArgumentArity.ZeroOrMore };

    /// <summary>"8080:80", "80", "127.0.0.1:8080:80/udp", "[::1]:80:80".</summary>
    public static PortMapping Port(string word)
    {
        var (text, protocol) = word switch
        {
            _ when word.EndsWith("/udp", StringComparison.Ordinal) => (word[..^4], PortProtocol.Udp),
            _ when word.EndsWith("/tcp", StringComparison.Ordinal) => (word[..^4], PortProtocol.Tcp),
            _ => (word, PortProtocol.Tcp),
        };
        var last = text.LastIndexOf(':');
        var inner = Number(text[(last + 1)..], 1);
        if (last < 0)
        {
            return new PortMapping("127.0.0.1", 0, inner, protocol);
        }
        var before = text[..last];
        var middle = before.LastIndexOf(':');
        var host = middle == before.Length - 1 ? 0 : Number(before[(middle + 1)..], 0);
        var ip = middle < 0 ? "127.0.0.1" : before[..middle].Trim('[', ']');
        return System.Net.IPAddress.TryParse(ip, out _) ? new PortMapping(ip, host, inner, protocol) : throw Bad();

        int Number(string digits, int least) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port >= least && port <= 65535 ? port : throw Bad();
        BoltException Bad() => new(ToolErrors.BadWord("--publish", word, PortShape));
    }

    /// <summary>"./site:/srv", "data:/var/lib/x", with ":ro" after it or not.</summary>
    public static VolumeMount Volume(string word, string here)
    {
        var parts = word.Split(':');
        if (parts is not ([_, _] or [_, _, "ro" or "rw"]) || parts[0].Length == 0 || !parts[1].StartsWith('/'))
        {
            throw new BoltException(ToolErrors.BadWord("--volume", word, "`SOURCE:/TARGET` or `SOURCE:/TARGET:ro`"));
        }
        var readOnly = parts is [_, _, "ro"];
        var source = parts[0];
        return source[0] is '/' or '.' or '~'
            ? new VolumeMount.Bind(Path.GetFullPath(source, here), parts[1], readOnly)
            : new VolumeMount.Named(source, parts[1], readOnly);
    }

    /// <summary>NAME=VALUE, or NAME for the caller's own value.</summary>
    public static ImmutableSortedDictionary<string, string> Env(string option, string[]? words)
    {
        var env = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var word in words ?? [])
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals == 0 || word.Length == 0)
            {
                throw new BoltException(ToolErrors.BadWord(option, word, "`NAME=VALUE` or `NAME`"));
            }
            if (equals > 0)
            {
                env[word[..equals]] = word[(equals + 1)..];
            }
            else if (Environment.GetEnvironmentVariable(word) is { } value)
            {
                env[word] = value;
            }
        }
        return env.ToImmutable();
    }

    /// <summary>"10m", "2h", "1d", "30s", or a time.</summary>
    public static DateTimeOffset Time(string option, string word, DateTimeOffset now)
    {
        if (word.Length > 1 && double.TryParse(word[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) && count < 1e6)
        {
            var unit = word[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
            if (unit > 0)
            {
                return now.AddSeconds(-count * unit);
            }
        }
        return DateTimeOffset.TryParse(word, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time)
            ? time
            : throw new BoltException(ToolErrors.BadWord(option, word, "an age such as `10m`, or a time such as `2026-01-31T12:00`"));
    }
}
