using Bolt.Surge;

namespace Bolt.Tool.Terminal;

/// <summary>What `run` says before the program speaks: warnings, and downloads where a person waits for them.</summary>
internal sealed class PreparationView(Screen screen) : IProgress<StackEvent>, IDisposable
{
    private readonly Lock _lock = new();
    private bool _drawn;

    public void Report(StackEvent value)
    {
        lock (_lock)
        {
            switch (value)
            {
                case StackEvent.StepProgress { Total: > 0 } e when screen.IsLive:
                    _drawn = true;
                    screen.Error.Write($"\r\e[K{e.Text} {100 * e.Done / e.Total} %");
                    break;
                case StackEvent.Warned:
                    Clear();
                    EventLine.Show(screen, value);
                    break;
                case StackEvent.ServiceStarted:
                    Clear();
                    break;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Clear();
        }
    }

    private void Clear()
    {
        if (_drawn)
        {
            screen.Error.Write("\r\e[K");
            _drawn = false;
        }
    }
}
