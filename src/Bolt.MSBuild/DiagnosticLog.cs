using Bolt.Diagnostics;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Bolt.MSBuild;

/// <summary>A diagnostic as MSBuild shows it: file(line,column): error BOLTnnnn: …</summary>
internal static class DiagnosticLog
{
    public static void Write(TaskLoggingHelper log, Diagnostic found, string boltfile)
    {
        var (file, line, column, end) = found.At is { } at ? (at.File, at.Line, at.Column, at.Column + at.Length) : (boltfile, 0, 0, 0);
        var message = found.Message;
        var fix = found.Fix;
        for (var cause = found.Cause; cause is not null; cause = cause.Cause)
        {
            message += $"; because: {cause.Message}";
            fix ??= cause.Fix;
        }
        if (fix is not null) message += $" (fix: {fix})";
        switch (found.Severity)
        {
            case Severity.Error:
                log.LogError(null, found.Code, null, null, file, line, column, line, end, "{0}", message);
                break;
            case Severity.Warning:
                log.LogWarning(null, found.Code, null, null, file, line, column, line, end, "{0}", message);
                break;
            default:
                log.LogMessage(null, found.Code, null, file, line, column, line, end, MessageImportance.Normal, "{0}", message);
                break;
        }
    }
}
