using System.Collections.Immutable;
using System.Globalization;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Packages;

namespace Bolt.Builds;

/// <summary>Recipe text -> recipe, with every problem of the file found in one go.</summary>
internal sealed partial class RecipeReader
{
    /// <summary>Debian's name of it, which is a part of some paths.</summary>
    private const string ArchitecturePlaceholder = "{architecture}";

    private readonly TomlTable top;
    private readonly TomlFindings findings;
    private readonly Dictionary<string, RecipeUser> users = new(StringComparer.Ordinal)
    {
        ["root"] = new RecipeUser("root", 0, 0, "/root", "/bin/sh"),
        ["nobody"] = new RecipeUser("nobody", 65534, 65534, "/nonexistent", "/usr/sbin/nologin"),
    };

    private RecipeReader(TomlTable top, TomlFindings findings) => (this.top, this.findings) = (top, findings);

    /// <param name="file">The path that positions name.</param>
    /// <param name="version">Stands in for <c>{version}</c>; null leaves it.</param>
    public static Checked<Recipe> Read(string file, string text, string? version = null)
    {
        var findings = new TomlFindings();
        var placed = text.Replace(ArchitecturePlaceholder, RecipeBuild.Architecture, StringComparison.Ordinal);
        var whole = version is null ? placed : placed.Replace(VersionChoice.Placeholder, version, StringComparison.Ordinal);
        var recipe = TomlDocument.Parse(file, whole, "the recipe", findings) is { } top ? new RecipeReader(top, findings).Read() : null;
        return new Checked<Recipe>(recipe, findings.InOrder());
    }

    private Recipe Read()
    {
        var name = Required("name");
        top.Text("description");
        var packages = top.Has("packages") ? Packages("packages", top.Texts("packages") ?? []) : Missing("packages");
        foreach (var row in top.Rows("users", "a user"))
        {
            ReadUser(row);
        }
        var recipe = new Recipe
        {
            Name = name,
            Packages = packages,
            VersionOf = top.Text("version_of") is { } named && !Packages("version_of", [named]).IsEmpty ? named : null,
            Drops = top.Texts("drops") ?? [],
            Prefers = top.Texts("prefers") ?? [],
            Prune = Paths("prune"),
            Keep = Paths("keep"),
            Entries = [.. Folders(), .. Files(), .. Links()],
            Users = [.. users.Values.OrderBy(u => u.Uid)],
            Entrypoint = Program("entrypoint") ?? [],
            Command = Program("command") ?? [],
            Environment = [.. top.Map("env").Select(e => $"{e.Key}={e.Value}")],
            User = User("user"),
            SingleUser = User("single_user"),
            WorkingDirectory = Path(top, "workdir", orRoot: true) ?? "/",
            Ports = [.. top.ParsedEach<int>("ports", ReadPort).Select(p => p.Value)],
            StopSignal = top.Parsed<StopSignal>("stop_signal", ReadSignal) ?? StopSignal.SIGTERM,
            Ready = ReadReady(),
            Data = Path(top, "data"),
            Url = Filled("url", top.Entry("url"), top.Text("url"), InUrl),
            DefaultUser = top.Text("default_user"),
            Initialize = Program("initialize"),
            Ephemeral = top.Texts("ephemeral") ?? [],
            Freeze = Program("freeze") ?? [],
            CredentialEnvironment = CredentialEnvironment(),
            Logins = [.. Logins()],
            Template = top.Flag("template") ?? false,
            DotnetRuntime = top.Flag("dotnet_runtime") ?? false,
        };
        if (recipe is { Data: null, Initialize: not null })
        {
            findings.Add(BoltfileErrors.MissingKey(top.KeyAt("initialize"), "data", "a recipe with `initialize`"));
        }
        if (recipe is { Template: true, Initialize: null })
        {
            findings.Add(BoltfileErrors.MissingKey(top.KeyAt("template"), "initialize", "a recipe with `template = true`"));
        }
        top.RefuseOthers();
        return recipe;
    }

    private void ReadUser(TomlTable row)
    {
        var name = row.Text("name");
        var uid = row.Integer("uid", 0, 65534);
        var gid = row.Integer("gid", 0, 65534) ?? uid;
        var home = Path(row, "home", orRoot: true) ?? "/nonexistent";
        var shell = Path(row, "shell") ?? "/usr/sbin/nologin";
        row.RefuseOthers();
        if (!row.Has("name") || !row.Has("uid"))
        {
            findings.Add(BoltfileErrors.MissingKey(row.At, row.Has("name") ? "uid" : "name", "the user"));
        }
        else if (name is null)
        {
            return;
        }
        else if (name.Length is 0 or > 32 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
        {
            findings.Add(RecipeErrors.BadUserName(row.ValueAt("name"), name));
        }
        else
        {
            users[name] = new RecipeUser(name, (uint)(uid ?? 0), (uint)(gid ?? 0), home, shell);
        }
    }

    private IEnumerable<LayerEntry> Folders()
    {
        foreach (var row in top.Rows("folders", "a folder"))
        {
            var (uid, gid) = Owner(row);
            var entry = new LayerEntry.Folder(RequiredPath(row), uid, gid, Mode(row, 0x1ed));
            row.RefuseOthers();
            yield return entry;
        }
    }

    private IEnumerable<LayerEntry> Files()
    {
        foreach (var row in top.Rows("files", "a file"))
        {
            var (uid, gid) = Owner(row);
            var path = RequiredPath(row);
            var mode = Mode(row, 0x1a4);
            var content = row.Text("content");
            var pattern = Path(row, "concat");
            row.RefuseOthers();
            if ((content is null) == (pattern is null))
            {
                findings.Add(RecipeErrors.OneContent(row.At, path));
            }
            yield return pattern is null
                ? new LayerEntry.File(path, uid, gid, mode, content ?? "")
                : new LayerEntry.Concatenation(path, uid, gid, mode, pattern);
        }
    }

    private IEnumerable<LayerEntry> Links()
    {
        foreach (var row in top.Rows("links", "a link"))
        {
            var target = row.Text("target");
            ImmutableArray<string> paths = row.Has("paths") ? Paths("paths", row) : [RequiredPath(row)];
            row.RefuseOthers();
            if (string.IsNullOrEmpty(target))
            {
                findings.Add(BoltfileErrors.MissingKey(row.At, "target", "the link"));
            }
            foreach (var path in paths)
            {
                yield return new LayerEntry.Link(path, target ?? "");
            }
        }
    }

    // ready = "notify", "started", { listen = 80 }, { http = 80 } or { log = "Server is ready" }
    private ReadySignal ReadReady()
    {
        if (top.Entry("ready") is not { } entry)
        {
            return new ReadySignal.Started();
        }
        if (entry.Value is TomlNode.Text { Value: "notify" })
        {
            return new ReadySignal.Notify();
        }
        if (entry.Value is TomlNode.Group && top.Table("ready", "`ready`") is { } table)
        {
            var (port, http, line) = (table.Integer("listen", 1, 65535), table.Integer("http", 1, 65535), table.Text("log"));
            table.RefuseOthers();
            if (line is "")
            {
                findings.Add(RecipeErrors.EmptyLine(table.ValueAt("log")));
            }
            if (http is { } answering)
            {
                return new ReadySignal.Http(answering);
            }
            if (port is not null || line is not null)
            {
                return port is { } number ? new ReadySignal.Listen(number) : new ReadySignal.LogLine(line!);
            }
        }
        if (entry.Value is not TomlNode.Text { Value: "started" })
        {
            findings.Add(BoltfileErrors.WrongType(entry.Value.At, "ready", entry.Value.Kind, "a readiness signal",
                "ready = \"notify\"`, `ready = \"started\"`, `ready = { listen = 80 }`, `ready = { http = 80 }` or `ready = { log = \"…\" }"));
        }
        return new ReadySignal.Started();
    }

    // "postgres", "postgres:adm" or "106:110"; names are users of the recipe, whose groups have their names.
    private (uint Uid, uint Gid) Owner(TomlTable row)
    {
        if (row.Text("owner") is not { } owner)
        {
            return (0, 0);
        }
        var parts = owner.Split(':');
        var uid = Number(parts[0]) ?? users.GetValueOrDefault(parts[0])?.Uid;
        var gid = parts.Length < 2 ? users.GetValueOrDefault(parts[0])?.Gid ?? uid : Number(parts[1]) ?? users.GetValueOrDefault(parts[1])?.Gid;
        if (uid is null || gid is null || parts.Length > 2)
        {
            findings.Add(RecipeErrors.UnknownOwner(row.ValueAt("owner"), owner, users.Keys));
        }
        return (uid ?? 0, gid ?? 0);
    }

    // No capsule maps more ids than these.
    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 65535 ? number : null;

    private static int Mode(TomlTable row, int fallback) => row.Parsed<int>("mode", ReadMode) ?? fallback;

    private static string? ReadMode(string text, out int mode)
    {
        mode = 0;
        if (text.Length is 3 or 4 && text.All(c => c is >= '0' and <= '7'))
        {
            mode = Convert.ToInt32(text, 8);
            return null;
        }
        return "is no mode: write 3 or 4 octal digits in quotes, like \"0755\"";
    }

    private static string? ReadPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65536 ? null : "is no port: write a number from 1 to 65535";

    private static string? ReadSignal(string text, out StopSignal signal) =>
        Enum.TryParse(text, out signal) && Enum.IsDefined(signal) && text.StartsWith("SIG", StringComparison.Ordinal)
            ? null : $"is no signal that ends a program: write one of {string.Join(", ", Enum.GetNames<StopSignal>())}";

    private string Required(string key)
    {
        if (top.Text(key) is { Length: > 0 } text)
        {
            return text;
        }
        Missing(key);
        return "";
    }

    private ImmutableArray<string> Missing(string key)
    {
        if (!top.Has(key))
        {
            findings.Add(BoltfileErrors.MissingKey(top.At, key, "the recipe"));
        }
        return [];
    }

    // "libssl3t64 | libssl3": an empty one would match nothing, and say so without the place.
    private ImmutableArray<string> Packages(string key, ImmutableArray<string> wanted)
    {
        foreach (var alternatives in wanted.Where(w => Relation.ParseAlternatives(w) is var names && (names.Length == 0 || names.Any(n => n.Name.Length == 0))))
        {
            findings.Add(RecipeErrors.NoPackageName(top.ValueAt(key), key, alternatives));
        }
        return [.. wanted.Where(w => Relation.ParseAlternatives(w).Length > 0)];
    }

    private string RequiredPath(TomlTable row)
    {
        if (row.Entry("path") is null)
        {
            findings.Add(BoltfileErrors.MissingKey(row.At, "path", row.What));
        }
        return Path(row, "path") ?? "/missing";
    }

    private string? Path(TomlTable table, string key, bool orRoot = false) => table.Text(key) is not { } path ? null
        : path == "/" && orRoot ? path
        : CheckPath(table.ValueAt(key), path);

    private ImmutableArray<string> Paths(string key, TomlTable? table = null) =>
        [.. ((table ?? top).Texts(key) ?? []).Select(p => CheckPath((table ?? top).ValueAt(key), p) ?? "/missing")];

    private string? CheckPath(SourceSpan at, string path)
    {
        try
        {
            return "/" + LayerPath.OfRecipe(path);
        }
        catch (BoltException)
        {
            findings.Add(RecipeErrors.BadPath(at, path));
            return null;
        }
    }
}
