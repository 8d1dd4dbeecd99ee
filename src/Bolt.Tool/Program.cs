using System.Runtime.Versioning;
using System.Text;

[assembly: SupportedOSPlatform("linux")]

namespace Bolt.Tool;

internal static class Program
{
    private static int Main(string[] args)
    {
        // Asked by scripts and prompts, so it pays for neither the command tree nor a text writer.
        if (args is ["--version"] or ["version"])
        {
            using var output = Console.OpenStandardOutput();
            output.Write(Encoding.ASCII.GetBytes(ToolVersion.Text + "\n"));
            return ExitCode.Done;
        }
        // The portable package installs anywhere; what it does needs the Linux kernel.
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("error: bolt runs on Linux; on Windows, run it inside WSL 2");
            return ExitCode.Failed;
        }
        return Cli.RunAsync(args).GetAwaiter().GetResult();
    }
}
