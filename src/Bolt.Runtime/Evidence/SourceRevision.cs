using Bolt.Builds;

namespace Bolt.Evidence;

/// <summary>The commit that a folder is at, read from .git itself: HEAD, a ref, packed-refs, and the address of `origin`.</summary>
internal static class SourceRevision
{
    private const int MaxFile = 16 << 20;

    /// <summary>Null: the folder is in no repository, or it has no commit.</summary>
    public static BuildInput? Of(string folder)
    {
        for (var above = Path.GetFullPath(folder); above is not null; above = Path.GetDirectoryName(above))
        {
            if (Directory.Exists(Path.Combine(above, ".git")))
            {
                var git = Path.Combine(above, ".git");
                return Commit(git) is { } commit ? new BuildInput("git+" + (Origin(git) ?? "file:"), "gitCommit", commit) : null;
            }
        }
        return null;
    }

    private static string? Commit(string git)
    {
        var head = Text(Path.Combine(git, "HEAD")).Trim();
        if (!head.StartsWith("ref: refs/", StringComparison.Ordinal) || head.Contains("..", StringComparison.Ordinal))
        {
            return IsCommit(head) ? head : null;
        }
        var name = head[5..];
        var loose = Text(Path.Combine(git, name)).Trim();
        var packed = Text(Path.Combine(git, "packed-refs")).Split('\n').FirstOrDefault(l => l.EndsWith(" " + name, StringComparison.Ordinal))?.Split(' ')[0] ?? "";
        return IsCommit(loose) ? loose : IsCommit(packed) ? packed : null;
    }

    // [remote "origin"] and below it "url = …"; a password in it stays here.
    private static string? Origin(string git)
    {
        var lines = Text(Path.Combine(git, "config")).Split('\n').Select(l => l.Trim()).SkipWhile(l => l != "[remote \"origin\"]").Skip(1).TakeWhile(l => !l.StartsWith('['));
        var url = lines.Select(l => l.Split('=', 2)).FirstOrDefault(l => l.Length == 2 && l[0].Trim() == "url")?[1].Trim();
        return url is null ? null : PublicAddress.Of(url);
    }

    private static bool IsCommit(string text) => text.Length is 40 or 64 && text.All(char.IsAsciiHexDigitLower);

    private static string Text(string path) => new FileInfo(path) is { Exists: true, Length: > 0 and < MaxFile } ? File.ReadAllText(path) : "";
}
