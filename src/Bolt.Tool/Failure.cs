using Bolt.Diagnostics;
using Bolt.Tool.Terminal;

namespace Bolt.Tool;

/// <summary>What the user reads, and the exit code, when a verb ended with an exception.</summary>
internal static class Failure
{
    private const int BrokenPipe = 32;

    public static int Report(Exception failure, Screen screen)
    {
        switch (failure)
        {
            case BoltException expected:
                DiagnosticView.Show(screen, expected.Diagnostic);
                return ExitCode.Failed;
            case OperationCanceledException:
                return ExitCode.Interrupted;
            // The reader of `bolt logs | head` has what it wanted.
            case IOException io when IsBrokenPipe(io):
                return ExitCode.Done;
            default:
                screen.Say($"""
                    error: this is a bug in bolt {ToolVersion.Text}: {failure.GetType().Name}: {failure.Message}
                    {failure.StackTrace}
                    fix: please report it, with the lines above and the output of `bolt doctor`, in the issues of the Bolt repository
                    """);
                return ExitCode.Bug;
        }
    }

    // Unix errors come as HResult = errno.
    public static bool IsBrokenPipe(IOException failure) =>
        failure.HResult == BrokenPipe || failure.InnerException is IOException inner && IsBrokenPipe(inner);
}
