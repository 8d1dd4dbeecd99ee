using System.Text;

namespace Bolt.Tool;

internal static class Program
{
    private static int Main(string[] args)
    {
        // Asked by scripts and prompts, so it pays for neither the command tree nor the console.
        if (args is ["--version"] or ["version"])
        {
            using var output = Console.OpenStandardOutput();
            output.Write(Encoding.ASCII.GetBytes(ToolVersion.Text + "\n"));
            return ExitCode.Done;
        }
        return Cli.RunAsync(args).GetAwaiter().GetResult();
    }
}
