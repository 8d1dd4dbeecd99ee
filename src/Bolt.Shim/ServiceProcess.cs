using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>The process that becomes the service or the command of an exec.</summary>
internal static unsafe class ServiceProcess
{
    public static void Run(LaunchState* state)
    {
        var result = TakeStreams(state);
        if (result >= 0)
        {
            Sys.ResetSignals();
            // Also what the shim inherited: nothing of the host is to be had in the capsule by a descriptor.
            Sys.CloseFrom(3, 4 /* CLOSE_RANGE_CLOEXEC */);
            result = StepRunner.RunAll(state, LaunchSection.Service, state->Service);
        }

        LaunchState.Fail(state, result);
    }

    private static nint TakeStreams(LaunchState* state)
    {
        int input = state->Input, output = state->Output, error = state->Error;
        if (state->HasTerminal)
            input = output = error = state->TerminalSide;
        if (input < 0)
        {
            var none = Sys.Open(Native.Literal("/dev/null"u8), Sys.OReadOnly | Sys.OCloseOnExec);
            if (none < 0)
                return none;
            input = (int)none;
        }

        var result = Onto(input, 0);
        if (result >= 0)
            result = Onto(output, 1);
        return result < 0 ? result : Onto(error, 2);
    }

    // The launcher keeps its descriptors above 2, so no target is a source that is still needed.
    private static nint Onto(int from, int to) => Sys.Duplicate(from, to);
}
