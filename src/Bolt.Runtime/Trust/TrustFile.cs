using System.Collections.Immutable;
using System.Text;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Trust;

/// <summary>trust.toml (docs/trust.md): read strictly, and edited line by line so that comments stay.</summary>
internal static class TrustFile
{
    /// <summary>An absent file is the default policy.</summary>
    public static Checked<TrustPolicy> Read(string? path)
    {
        if (path is null || !File.Exists(path))
        {
            return new Checked<TrustPolicy>(TrustPolicy.Absent, []);
        }
        return TomlDocument.ReadText(path, out var text) is { } reason
            ? new Checked<TrustPolicy>(null, [TrustErrors.PolicyUnreadable(path, reason)])
            : Parse(path, text);
    }

    /// <summary>The policy; one that cannot be read trusts nothing, so it throws.</summary>
    /// <exception cref="BoltException">The first mistake of the file.</exception>
    public static TrustPolicy Get(string? path) => Read(path) is { Ok: true } read
        ? read.Value!
        : throw new BoltException(Read(path).Diagnostics.First(d => d.Severity == Severity.Error));

    /// <param name="file">The path that positions name, and that keys are relative to.</param>
    public static Checked<TrustPolicy> Parse(string file, string text)
    {
        var findings = new TomlFindings();
        if (TomlDocument.Parse(file, text, "the trust policy", findings) is not { } top)
        {
            return new Checked<TrustPolicy>(null, findings.InOrder());
        }
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var mode = top.Parsed<TrustMode>("default", ReadMode) ?? TrustMode.Warn;
        var rules = ImmutableArray.CreateBuilder<TrustRule>();
        foreach (var (entry, table) in top.Tables("repositories", name => $"repository `{name}`"))
        {
            if (!IsPattern(entry.Name))
            {
                findings.Add(TrustErrors.BadPattern(entry.KeyAt, entry.Name));
            }
            var wanted = table.Parsed<TrustMode>("mode", ReadMode) ?? TrustMode.Require;
            var keys = table.Texts("keys") ?? [];
            if (wanted != TrustMode.Accept && keys.IsEmpty)
            {
                findings.Add(BoltfileErrors.MissingKey(entry.KeyAt, "keys", $"repository `{entry.Name}`"));
            }
            table.RefuseOthers();
            rules.Add(new TrustRule(entry.Name, wanted, [.. keys.Select(k => Path.GetFullPath(k, folder))]));
        }
        top.RefuseOthers();
        return new Checked<TrustPolicy>(new TrustPolicy(mode, rules.ToImmutable()), findings.InOrder());
    }

    /// <summary>"HOST/PATH", "HOST/*" or "HOST/PATH/*", written out as references are: docker.io/library/nginx.</summary>
    public static bool IsPattern(string text)
    {
        var name = text.EndsWith("/*", StringComparison.Ordinal) ? text[..^1] + "x" : text;
        return ImageReference.Parse(name).Value is { Digest: null } reference && name == $"{reference.Registry}/{reference.Repository}";
    }

    /// <summary>The text with this rule in place of the one that it had for the repository.</summary>
    public static string WithRule(string text, TrustRule rule, string folder)
    {
        var keys = rule.Keys.Select(k => Path.GetDirectoryName(k) == folder ? Path.GetFileName(k) : k);
        var block = new StringBuilder(WithoutRule(text, rule.Repository).TrimEnd('\n'));
        block.Append(block.Length == 0 ? "" : "\n\n").Append(System.Globalization.CultureInfo.InvariantCulture, $"[repositories.{Quoted(rule.Repository)}]\n");
        if (!rule.Keys.IsEmpty)
        {
            block.Append("keys = [").AppendJoin(", ", keys.Select(Quoted)).Append("]\n");
        }
        if (rule.Mode != TrustMode.Require)
        {
            block.Append("mode = ").Append(Quoted(Name(rule.Mode))).Append('\n');
        }
        return block.ToString();
    }

    /// <summary>The text without the lines of one rule; comments between rules stay.</summary>
    public static string WithoutRule(string text, string repository)
    {
        var kept = new List<string>();
        var inside = false;
        foreach (var line in text.Split('\n'))
        {
            var bare = line.Trim();
            inside = bare.StartsWith('[') ? bare == $"[repositories.{Quoted(repository)}]" : inside && bare.Length > 0 && !bare.StartsWith('#');
            if (!inside)
            {
                kept.Add(line);
            }
        }
        return string.Join('\n', kept);
    }

    /// <summary>The text with another default.</summary>
    public static string WithDefault(string text, TrustMode mode)
    {
        var lines = text.Split('\n').ToList();
        var top = lines.FindIndex(l => l.TrimStart().StartsWith('['));
        var at = lines.FindIndex(0, top < 0 ? lines.Count : top, l => l.TrimStart().StartsWith("default", StringComparison.Ordinal));
        if (at < 0)
        {
            lines.InsertRange(0, text.Length == 0 ? [""] : ["", ""]);
            at = 0;
        }
        lines[at] = $"default = {Quoted(Name(mode))}";
        return string.Join('\n', lines);
    }

    /// <summary>Writes an edited policy beside and renames it, once it has been read as what it should say.</summary>
    public static async Task WriteAsync(string path, string text, Func<TrustPolicy, bool> isRight, CancellationToken cancellation)
    {
        if (Parse(path, text) is not { Ok: true, Value: { } policy } || !isRight(policy))
        {
            throw new BoltException(TrustErrors.NotEditable(path));
        }
        StoreFolders.Ensure(Path.GetDirectoryName(path)!);
        await StoreFolders.WriteWholeAsync(path, Encoding.UTF8.GetBytes(text.TrimEnd('\n') + "\n"), cancellation).ConfigureAwait(false);
    }

    public static string Name(TrustMode mode) => mode.ToString().ToLowerInvariant();

    private static string? ReadMode(string text, out TrustMode mode)
    {
        mode = text switch { "accept" => TrustMode.Accept, "require" => TrustMode.Require, _ => TrustMode.Warn };
        return text is "accept" or "warn" or "require" ? null : "is no mode: write \"accept\", \"warn\" or \"require\"";
    }

    private static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
