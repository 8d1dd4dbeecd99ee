using System.Runtime.Versioning;
using System.Text;
using Bolt.Tool.Oci;

[assembly: SupportedOSPlatform("linux")]

namespace Bolt.Tool;

internal static class Program
{
    private static int Main(string[] args)
    {
        var runtime = OperatingSystem.IsLinux() && BareProcess.IsNamed("bolt-oci"u8);
        // Asked by scripts and prompts, so it pays for neither the command tree nor a text writer.
        if (!runtime && args is ["--version"] or ["version"])
        {
            return Say(ToolVersion.Text + "\n");
        }
        // The portable package installs anywhere; what it does needs the Linux kernel.
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("error: bolt runs on Linux; on Windows, run it inside WSL 2");
            return ExitCode.Failed;
        }
        // An engine pays for each call: the runtime's verbs need no command tree.
        if (runtime)
        {
            return OciCli.Run(args);
        }
        if (args is ["oci", ..])
        {
            return OciCli.Run(args.AsSpan(1));
        }
        return Cli.RunAsync(args).GetAwaiter().GetResult();
    }

    private static int Say(string text)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.Out.Write(text);
            return ExitCode.Done;
        }
        try
        {
            BareProcess.Write(Encoding.ASCII.GetBytes(text));
            return ExitCode.Done;
        }
        catch (IOException e)
        {
            Console.Error.WriteLine("error: " + e.Message);
            return ExitCode.Failed;
        }
    }
}
