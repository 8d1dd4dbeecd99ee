using Bolt.Boltfiles;

namespace Bolt.Surge;

/// <summary>What a snapshot's record must be before anything is made of it: names become folders, and the file may be anybody's.</summary>
internal static class SnapshotCheck
{
    /// <summary>Null: it can be used.</summary>
    public static string? Problem(SnapshotRecord record)
    {
        var wanted = record.Wanted;
        if (((IEnumerable<object?>)[.. wanted.Services, .. wanted.Volumes, .. record.Services, .. record.Volumes, .. record.Variables, .. record.Files]).Contains(null)
            || record.Services.SelectMany(s => s.Changes).Concat(record.Volumes.SelectMany(v => v.Layers)).Contains(null))
        {
            return "something in it is null";
        }
        var names = wanted.Services.Select(s => s.Name).ToArray();
        if (!Names.IsName(wanted.Project) || names.Concat(wanted.Volumes.Select(v => v.Name)).Concat(record.Services.Select(s => s.Name))
                .Concat(record.Volumes.Select(v => v.Name)).Any(name => !Names.IsName(name)))
        {
            return "a name in it is none";
        }
        if (record.Stack.Any(char.IsControl))
        {
            return "its stack's name is none";
        }
        if (!Unlike(names) || !Unlike(record.Services.Select(s => s.Name)) || !Unlike(record.Volumes.Select(v => $"{v.Shared} {v.Name}")))
        {
            return "a name stands in it twice";
        }
        if (record.Volumes.Any(v => v.Shared && v.Layers.IsEmpty))
        {
            return "a volume has no layer";
        }
        if (record.Variables.Any(v => !(v.Key is "auth.user" or "auth.password" && wanted.Services.Any(s => s.Name == v.Service && s.Auth is not null))
                && !v.Key.StartsWith("env.", StringComparison.Ordinal)))
        {
            return "a variable in it belongs to nothing";
        }
        return record.Files.All(f => Convert.TryFromBase64String(f.Content, new byte[f.Content.Length], out _)) ? null : "a file in it is no base64";
    }

    private static bool Unlike(IEnumerable<string> names) => names.GroupBy(n => n, StringComparer.Ordinal).All(g => g.Count() == 1);
}
