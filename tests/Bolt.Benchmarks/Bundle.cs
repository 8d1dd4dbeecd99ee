using System.Text.Json.Nodes;
using Bolt.Kernel;

namespace Bolt.Benchmarks;

/// <summary>A root with busybox and, beside it, the OCI config that runs /bin/true in it.</summary>
internal sealed class Bundle : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("bolt-bench-").FullName;

    public string Root => Path.Combine(Folder, "rootfs");

    public Bundle()
    {
        Directory.CreateDirectory(Path.Combine(Root, "bin"));
        File.Copy("/bin/busybox", Path.Combine(Root, "bin/busybox"));
        File.CreateSymbolicLink(Path.Combine(Root, "bin/true"), "busybox");
        File.CreateSymbolicLink(Path.Combine(Root, "bin/sleep"), "busybox");
        foreach (var name in (string[])["proc", "sys", "dev", "etc", "tmp"])
            Directory.CreateDirectory(Path.Combine(Root, name));
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_101_101);
    }

    /// <summary>
    /// Lets the runtime write its own default config, without a terminal, with this command, with a limit on processes where it may
    /// have one, and with a seccomp filter that allows all calls that Bolt's own knows.
    /// </summary>
    public async Task WriteConfigAsync(Peer runtime, bool rootless, params string[] command)
    {
        var path = Path.Combine(Folder, "config.json");
        File.Delete(path);
        await runtime.RunAsync(Folder, rootless ? ["spec", "--rootless"] : ["spec"]);
        var text = await File.ReadAllTextAsync(path);
        text = text.Replace("\"terminal\": true", "\"terminal\": false", StringComparison.Ordinal)
            .Replace("\"sh\"", string.Join(",", (command.Length == 0 ? ["/bin/true"] : command).Select(w => $"\"{w}\"")), StringComparison.Ordinal);
        var config = JsonNode.Parse(text)!;
        config["linux"]!["seccomp"] = new JsonObject
        {
            ["defaultAction"] = "SCMP_ACT_ERRNO",
            ["syscalls"] = new JsonArray(new JsonObject
            {
                ["action"] = "SCMP_ACT_ALLOW",
                ["names"] = new JsonArray([.. Enum.GetNames<SystemCall>().Select(name => JsonValue.Create(name))]),
            }),
        };
        if (!rootless)
            config["linux"]!["resources"] = new JsonObject { ["pids"] = new JsonObject { ["limit"] = 1000 } };
        await File.WriteAllTextAsync(path, config.ToJsonString());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
