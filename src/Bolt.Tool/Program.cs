using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

[assembly: SupportedOSPlatform("linux")]

namespace Bolt.Tool;

internal static class Program
{
    private static int Main(string[] args)
    {
        // Asked by scripts and prompts, so it pays for neither the command tree nor the console's
        // signal thread.
        if (args is ["--version"] or ["version"])
        {
            using var output = new SafeFileHandle(1, ownsHandle: false);
            using var stream = new FileStream(output, FileAccess.Write, bufferSize: 0);
            stream.Write(Encoding.ASCII.GetBytes(ToolVersion.Text + "\n"));
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
