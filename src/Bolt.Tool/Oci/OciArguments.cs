namespace Bolt.Tool.Oci;

/// <summary>
/// A command line as runc's parser takes it: `--name value`, `--name=value` or with one dash, before or behind plain words;
/// where a command follows, what comes behind the first plain word is its own.
/// </summary>
internal sealed class OciArguments
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    private OciArguments()
    {
    }

    /// <summary>The plain words; with a command, all from the first one on.</summary>
    public string[] Rest { get; private set; } = [];

    public static OciArguments Parse(ReadOnlySpan<string> words, OciVerbOptions known, bool command = false)
    {
        var parsed = new OciArguments();
        var at = 0;
        var plain = new List<string>();
        for (; at < words.Length; at++)
        {
            if (words[at] == "--")
            {
                at++;
                break;
            }
            if (!words[at].StartsWith('-') || words[at] == "-")
            {
                if (command)
                    break;
                plain.Add(words[at]);
                continue;
            }
            var word = words[at].TrimStart('-');
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = known.Name(equals < 0 ? word : word[..equals]);
            if (name is null)
                throw new OciUsage($"unknown option `{words[at]}`");
            var value = equals >= 0 ? word[(equals + 1)..] : null;
            if (known.IsFlag(name))
                value ??= "true";
            else if (value is null)
                value = ++at < words.Length ? words[at] : throw new OciUsage($"option `--{name}` needs a value");
            if (!parsed._values.TryGetValue(name, out var list))
                parsed._values[name] = list = [];
            list.Add(value);
        }
        parsed.Rest = [.. plain, .. words[at..]];
        return parsed;
    }

    public string? Value(string name) => _values.TryGetValue(name, out var values) ? values[^1] : null;

    public IReadOnlyList<string> Values(string name) => _values.TryGetValue(name, out var values) ? values : [];

    public bool Flag(string name) => Value(name) is { } value && value is not ("false" or "0" or "f");

    public int Number(string name) => Value(name) is not { } text ? 0
        : int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number <= 1024 ? number
        : throw new OciUsage($"`--{name} {text}` is no number");

    public string One(string what) => Rest.Length == 1 ? Rest[0] : throw new OciUsage(Rest.Length == 0 ? $"{what} is missing" : $"one {what} only: `{string.Join(' ', Rest)}`");
}

/// <summary>Names of options: "name", "name,n" with its short form; a flag ends with "!".</summary>
internal sealed class OciVerbOptions
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _flags = new(StringComparer.Ordinal);

    public OciVerbOptions(params string[] options)
    {
        foreach (var option in options)
        {
            var names = option.TrimEnd('!').Split(',');
            foreach (var name in names)
                _names[name] = names[0];
            if (option.EndsWith('!'))
                _flags.Add(names[0]);
        }
    }

    public string? Name(string name) => _names.GetValueOrDefault(name);

    public bool IsFlag(string name) => _flags.Contains(name);
}

/// <summary>The command line is not understood.</summary>
internal sealed class OciUsage(string message) : Exception(message);
