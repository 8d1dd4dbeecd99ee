using Bolt.Diagnostics;

namespace Bolt.Tool.Terminal;

/// <summary>Diagnostics, to standard error, an empty line between two.</summary>
internal static class DiagnosticView
{
    public static void Show(Screen screen, Diagnostic diagnostic) => screen.Say(DiagnosticText.Render(diagnostic, screen.Talk.Color));

    public static void Show(Screen screen, IReadOnlyCollection<Diagnostic> diagnostics)
    {
        if (diagnostics.Count > 0)
        {
            screen.Say(string.Join("\n\n", diagnostics.Select(d => DiagnosticText.Render(d, screen.Talk.Color))));
        }
    }
}
