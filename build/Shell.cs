using System.Diagnostics;

namespace Bolt.Build;

/// <summary>Runs programs from the repository's root.</summary>
internal static class Shell
{
    public static string Root { get; } = FindRoot();

    public static string Artifacts { get; } = Path.Combine(Root, "artifacts");

    public static bool IsRoot { get; } = Environment.UserName == "root";

    /// <summary>Runs a program with this terminal; anything but exit code 0 fails the target.</summary>
    public static void Do(string program, params string[] arguments)
    {
        var code = Run(program, arguments, TimeSpan.FromMinutes(30));
        if (code != 0)
        {
            throw new BuildFailed($"`{program} {string.Join(' ', arguments)}` ended with {(code is { } c ? $"code {c}" : "no end within its time")}");
        }
    }

    public static void Dotnet(params string[] arguments) => Do(DotnetPath, arguments);

    /// <summary>The dotnet that runs this program.</summary>
    public static string DotnetPath { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    /// <summary>The exit code; null when it was killed, with all that it started, at the end of its time.</summary>
    public static int? Run(string program, IReadOnlyList<string> arguments, TimeSpan limit, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Root };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start) ?? throw new BuildFailed($"cannot start `{program}`");
        if (process.WaitForExit(limit))
        {
            return process.ExitCode;
        }
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return null;
    }

    /// <summary>What a program writes; empty when it cannot be started or fails.</summary>
    public static string Read(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            _ = process.StandardError.ReadToEndAsync();
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? text : "";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Bolt.sln")))
            {
                return folder.FullName;
            }
        }
        throw new BuildFailed("Bolt.sln is in no folder above this program");
    }
}
