using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Bolt.Diagnostics;

namespace Bolt.Builds;

/// <summary>One `dotnet publish`, which also answers what the project says about itself. Nothing of it stays running.</summary>
/// <param name="dotnet">The dotnet host.</param>
/// <param name="work">Folder for intermediate files: the user's own tree gets no new bin or obj.</param>
/// <param name="surroundings">What it sees of the machine.</param>
internal sealed class DotnetProjectPublish(string dotnet, string work, BuildSurroundings surroundings)
{
    private const int MaxAnswer = 64 << 20, MaxErrorLines = 500;

    /// <summary>Where the files lie after <see cref="RunAsync"/>.</summary>
    public string Output => Path.Combine(work, "output");

    // Read before the project and its Directory.Build.props, so that what they say wins.
    private const string Defaults = "<Project><PropertyGroup><SelfContained>true</SelfContained></PropertyGroup></Project>\n";

    /// <param name="selfContained">With the runtime's files, unless the project says otherwise; false: a `dotnet` is needed to start it.</param>
    public async Task<(DotnetProjectFacts? Facts, IReadOnlyList<string> Errors)> RunAsync(
        DotnetProject project, bool selfContained, bool offline, CancellationToken cancellationToken)
    {
        if (Directory.Exists(Output))
        {
            Directory.Delete(Output, recursive: true);
        }
        await File.WriteAllTextAsync(DefaultsFile, Defaults, cancellationToken).ConfigureAwait(false);
        using var process = Start(project, selfContained, offline);
        using var registration = cancellationToken.UnsafeRegister(static state => Kill((Process)state!), process);
        process.StandardInput.Close();
        var answer = ReadAllAsync(process.StandardOutput.BaseStream);
        var errors = ReadLinesAsync(process.StandardError);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        var (text, lines) = (await answer.ConfigureAwait(false), await errors.ConfigureAwait(false));
        cancellationToken.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
        {
            return (null, lines.Count > 0 ? lines : Encoding.UTF8.GetString(text.Span).Split('\n'));
        }
        try
        {
            return (DotnetProjectFacts.Read(project, text), []);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return (null, [$"dotnet publish answered no JSON: {e.Message}"]);
        }
    }

    private Process Start(DotnetProject project, bool selfContained, bool offline)
    {
        var start = new ProcessStartInfo(dotnet)
        {
            WorkingDirectory = project.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in Arguments(project, selfContained, offline))
        {
            start.ArgumentList.Add(argument);
        }
        SetEnvironment(start);
        foreach (var (name, value) in surroundings.Variables)
        {
            start.Environment[name] = value;
        }
        if (string.IsNullOrEmpty(start.Environment.TryGetValue("HOME", out var home) ? home : null))
        {
            start.Environment["DOTNET_CLI_HOME"] = work;
        }
        try
        {
            return Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new BoltException(BuildErrors.NoDotnet(dotnet, e.Message), e);
        }
    }

    /// <summary>What every dotnet that Bolt starts is given.</summary>
    public static void SetEnvironment(ProcessStartInfo start)
    {
        // Inside MSBuild (a build target that calls Bolt) these would bind the child to the parent's SDK and node.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_SKIP_FIRST_TIME_EXPERIENCE"] = "1";
        start.Environment["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
    }

    private string DefaultsFile => Path.Combine(work, "defaults.props");

    private IEnumerable<string> Arguments(DotnetProject project, bool selfContained, bool offline)
    {
        string[] fixedOnes =
        [
            "publish", project.File, "-c", "Release", "-r", "linux-x64", .. selfContained ? (string[])[$"-p:CustomBeforeMicrosoftCommonProps={DefaultsFile}"] : ["--self-contained", "false"],
            "--artifacts-path", Path.Combine(work, "artifacts"), "-o", Output, "-nologo", "-tl:off", "-nodeReuse:false",
            "-p:UseSharedCompilation=false", $"-getProperty:{DotnetProjectFacts.Properties}", $"-getItem:{DotnetProjectFacts.Items}",
        ];
        foreach (var argument in fixedOnes)
        {
            yield return argument;
        }
        if (!selfContained)
        {
            yield return "-p:UseAppHost=false";
        }
        if (offline)
        {
            yield return "-p:RestoreIgnoreFailedSources=true";
        }
        if (surroundings.OneProcessor)
        {
            yield return "-maxcpucount:1";
        }
        yield return "-p:PathMap=" + string.Join("%2c", Places(project).Where(p => p.Folder.AsSpan().IndexOfAny(",;=%") < 0).Select(p => $"{p.Folder}={p.Name}"));
    }

    // Equal sources give equal bits wherever they lie, the projects beside them and what is generated too. The longest counts.
    private IEnumerable<(string Folder, string Name)> Places(DotnetProject project)
    {
        yield return (work, "/_work");
        yield return (project.Folder, "/_/" + Path.GetFileNameWithoutExtension(project.File));
        for (var above = Path.GetDirectoryName(project.Folder); above is not null; above = Path.GetDirectoryName(above))
        {
            if (Path.Exists(Path.Combine(above, ".git")) || File.Exists(Path.Combine(above, "Directory.Build.props")) || Directory.EnumerateFiles(above, "*.sln*", new EnumerationOptions { IgnoreInaccessible = true }).Any())
            {
                yield return (above, "/_src");
                yield break;
            }
        }
        if (Path.GetDirectoryName(project.Folder) is { Length: > 1 } parent)
        {
            yield return (parent, "/_src");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAllAsync(Stream stream)
    {
        var all = new ArrayBufferWriter<byte>(1 << 16);
        int read;
        while ((read = await stream.ReadAsync(all.GetMemory(1 << 16)).ConfigureAwait(false)) > 0)
        {
            // Past the bound it is read on and dropped, so that the writer does not block.
            if (all.WrittenCount < MaxAnswer)
            {
                all.Advance(read);
            }
        }
        return all.WrittenMemory;
    }

    private static async Task<List<string>> ReadLinesAsync(StreamReader reader)
    {
        var lines = new List<string>();
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (lines.Count < MaxErrorLines)
            {
                lines.Add(line);
            }
        }
        return lines;
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }
}
