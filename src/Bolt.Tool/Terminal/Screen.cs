namespace Bolt.Tool.Terminal;

/// <summary>Where a verb speaks: data to standard output, talk to standard error.</summary>
internal sealed class Screen
{
    private static Screen? s_process;

    private Screen(TextWriter output, bool outputIsTerminal, TextWriter error, bool errorIsTerminal, bool mayColor)
    {
        Out = output;
        Error = error;
        IsLive = errorIsTerminal && mayColor;
        DataIsLive = outputIsTerminal && mayColor;
        DataPen = new Pen(output, outputIsTerminal && mayColor);
        Talk = new Pen(error, IsLive);
    }

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    /// <summary>Talk goes to a terminal that can redraw.</summary>
    public bool IsLive { get; }

    /// <summary>Data goes to a terminal that can redraw.</summary>
    public bool DataIsLive { get; }

    public Pen DataPen { get; }

    public Pen Talk { get; }

    public static Screen OfThisProcess()
    {
        // no-color.org: set and not empty. A dumb terminal cannot redraw either.
        var plain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";
        return s_process ??= new Screen(
            new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true },
            !Console.IsOutputRedirected,
            new StreamWriter(Console.OpenStandardError()) { AutoFlush = true },
            !Console.IsErrorRedirected,
            mayColor: !plain);
    }

    public void Data(string line) => DataPen.Line(line);

    public void Say(string line) => Talk.Line(line);
}
