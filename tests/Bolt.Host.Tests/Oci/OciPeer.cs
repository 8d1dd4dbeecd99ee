using System.Diagnostics;

namespace Bolt.Host.Tests.Oci;

/// <summary>What a call of a runtime ended with.</summary>
internal sealed record Answer(int Code, string Output, string Error);

/// <summary>A runtime with runc's command line.</summary>
internal sealed class OciPeer(string name, string[] command, string state)
{
    public string Name { get; } = name;

    /// <summary>Bolt's own, as it was built: the tool by the name of its runtime.</summary>
    public static OciPeer Bolt(string state) => new("bolt", [Path.Combine(AppContext.BaseDirectory, "bolt"), "oci"], state);

    /// <summary>As <see cref="Bolt"/>, started by another program.</summary>
    public static OciPeer BoltBehind(string state, params string[] program) =>
        new("bolt", [.. program, Path.Combine(AppContext.BaseDirectory, "bolt"), "oci"], state);

    /// <summary>runc; null where it is not installed.</summary>
    public static OciPeer? Runc(string state) => Find("runc") is { } path ? new OciPeer("runc", [path], state) : null;

    /// <summary>crun refuses a hybrid host: it is shown one without the second hierarchy, which only root can arrange.</summary>
    public static OciPeer? Crun(string state)
    {
        if (Find("crun") is not { } path)
            return null;
        if (!Directory.Exists("/sys/fs/cgroup/unified"))
            return new OciPeer("crun", [path], state);
        const string hide = "umount /sys/fs/cgroup/unified; mount -t tmpfs none /sys/fs/cgroup/unified; exec \"$@\"";
        return Bundle.IsRoot ? new OciPeer("crun", ["unshare", "-m", "sh", "-c", hide, "sh", path], state) : null;
    }

    /// <summary>The same, started by another program.</summary>
    public OciPeer Behind(params string[] program) => new(Name, [.. program, .. command], state);

    public Answer Call(params string[] words)
    {
        var start = new ProcessStartInfo(command[0], [.. command[1..], "--root", Path.Combine(state, Name), .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = state,
        };
        start.Environment.Remove("XDG_RUNTIME_DIR");
        start.Environment["DOTNET_TieredPGO"] = "0";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Answer(process.ExitCode, output, error.Result);
    }

    private static string? Find(string program) => new[] { "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin" }
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
