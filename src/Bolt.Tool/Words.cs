using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Bolt.Boltfiles;
using Bolt.Diagnostics;

namespace Bolt.Tool;

/// <summary>Typed words that several verbs take, as values.</summary>
internal static class Words
{
    public static Argument<string[]> Services(string description) =>
        new Argument<string[]>("SERVICE") { Description = description, Arity = ArgumentArity.ZeroOrMore }.WithoutOptions();

    /// <summary>A word with a dash is a mistyped option and no name: told as wrong usage before anything is read or done.</summary>
    public static Argument<T> WithoutOptions<T>(this Argument<T> argument)
    {
        argument.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value.StartsWith('-')))
            {
                result.AddError($"there is no option `{token.Value}`");
            }
        });
        return argument;
    }

    /// <summary>Text of others in one line that cannot speak to the terminal: control characters become `?`.</summary>
    public static string Plain(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;

    /// <summary>"8080:80", "80", "127.0.0.1:8080:80/udp", "8000-8002:8000-8002".</summary>
    public static ImmutableArray<PortMapping> Ports(string word) =>
        ShortForms.ReadPorts(word, out var ports) is { } problem ? throw Bad("--publish", word, problem) : ports;

    /// <summary>"./site:/srv", "data:/var/lib/x", with ":ro" after it or not; folders as seen from here.</summary>
    public static VolumeMount Volume(string word, string here)
    {
        if (ShortForms.ReadVolume(word, out var mount) is { } problem)
        {
            throw Bad("--volume", word, problem);
        }
        return mount is VolumeMount.Bind bind ? bind with { Source = Path.GetFullPath(bind.Source, here) } : mount;
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

    /// <summary>The first twelve digits: enough for a person and for Bolt to find it again.</summary>
    public static string ShortDigest(string digest) => digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..][..12];

    /// <summary>"12.3 MB": as registries and disks count.</summary>
    public static string Size(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.##} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
    };

    /// <summary>"12.3 MiB": as memory is counted.</summary>
    public static string Memory(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / (1L << 30):0.##} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / (1L << 20):0.#} MiB"),
        >= 1L << 10 => string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / (1L << 10):0.#} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
    };

    /// <summary>Null when the text was read, else what is wrong with it.</summary>
    public delegate string? LimitReader<T>(string text, out T value);

    /// <summary>A limit in the form of its reader; 0 and -1 take it away, which is -1.</summary>
    public static T? Limit<T>(string option, string? word, LimitReader<T> reader, T none)
        where T : struct
    {
        if (word is null)
        {
            return null;
        }
        if (word is "0" or "-1")
        {
            return none;
        }
        return reader(word, out var value) is { } problem ? throw Bad(option, word, problem) : value;
    }

    // ShortForms says "has no port number in `x`; write `8080:80`".
    private static BoltException Bad(string option, string word, string problem)
    {
        var parts = problem.Split("; ", 2);
        return new BoltException(ToolErrors.BadForm(option, word, parts[0], parts.Length > 1 ? parts[1] : "`bolt run --help` shows the form"));
    }
}
