using System.ComponentModel;
using System.Diagnostics;
using Bolt.Diagnostics;

namespace Bolt.Builds;

/// <summary>What a project wants to stand on, asked of MSBuild without building or restoring anything.</summary>
internal static class DotnetBaseImage
{
    /// <summary>ContainerBaseImage; empty: Bolt's own base.</summary>
    public static async Task<string> OfAsync(BuildTools tools, DotnetProject project, CancellationToken cancellationToken)
    {
        var host = DotnetHost.Find(tools.DotnetPath) ?? throw new BoltException(BuildErrors.NoDotnet(tools.DotnetPath ?? "dotnet", "it is not in PATH"));
        var start = new ProcessStartInfo(host.Program, ["msbuild", project.File, "-nologo", "-nodeReuse:false", "-p:Configuration=Release", "-getProperty:ContainerBaseImage"])
        {
            WorkingDirectory = project.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        DotnetProjectPublish.SetEnvironment(start);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var text = await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == 0 ? text.Trim() : throw new BoltException(BuildErrors.Failed(project.Written, (text + await errors.ConfigureAwait(false)).Split('\n')));
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new BoltException(BuildErrors.NoDotnet(host.Program, e.Message), e);
        }
    }
}
