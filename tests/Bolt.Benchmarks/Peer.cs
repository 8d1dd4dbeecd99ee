using System.Diagnostics;

namespace Bolt.Benchmarks;

/// <summary>A program to compare with: its command line, or null when this machine has none.</summary>
internal sealed record Peer(string Name, IReadOnlyList<string> Command)
{
    /// <summary>The words of an environment variable, else a program in PATH; says so when there is neither.</summary>
    public static Peer? Find(string name, string variable, params string[] fallback)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } words)
            return new Peer(name, words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (folders.Any(folder => File.Exists(Path.Combine(folder, fallback[0]))))
            return new Peer(name, fallback);
        Console.WriteLine($"({name} is not here: no `{fallback[0]}` in PATH and no {variable})");
        return null;
    }

    /// <summary>An entry that runs the program with these arguments and fails loudly when it does.</summary>
    public Entry Entry(string title, string? folder, params string[] arguments) =>
        new(title, () => RunAsync(folder, arguments));

    public async Task RunAsync(string? folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Command[0], [.. Command.Skip(1), .. arguments])
        {
            WorkingDirectory = folder ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{Name} {string.Join(' ', arguments)}: code {process.ExitCode}: {await error}{await output}");
    }

    /// <summary>The same for one that leaves a process behind, which would keep pipes open.</summary>
    public async Task RunDetachedAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" </dev/null >/dev/null 2>&1", "sh", .. Command, .. arguments]) { WorkingDirectory = folder };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{Name} {string.Join(' ', arguments)}: code {process.ExitCode}");
    }
}
