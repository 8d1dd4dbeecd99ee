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
        foreach (var name in (string[])["proc", "sys", "dev", "etc", "tmp"])
            Directory.CreateDirectory(Path.Combine(Root, name));
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_101_101);
    }

    /// <summary>Lets the runtime write its own default config, without a terminal and with /bin/true.</summary>
    public async Task WriteConfigAsync(Peer runtime, bool rootless)
    {
        var path = Path.Combine(Folder, "config.json");
        File.Delete(path);
        await runtime.RunAsync(Folder, rootless ? ["spec", "--rootless"] : ["spec"]);
        var text = await File.ReadAllTextAsync(path);
        text = text.Replace("\"terminal\": true", "\"terminal\": false", StringComparison.Ordinal)
            .Replace("\"sh\"", "\"/bin/true\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, text);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
